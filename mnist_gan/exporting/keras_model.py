"""The Keras model that TensorFlow converts, and the comparison of the result with NumPy."""

from __future__ import annotations

import importlib.machinery
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from mnist_gan.noise import INPUTS
from mnist_gan.sampling.numpy_generator import NumpyGenerator
from mnist_gan.sampling.sampler import generate
from mnist_gan.support.console import LOADING, say
from mnist_gan.support.errors import UserError
from mnist_gan.support.runtime import INSTALL, chosen_backend, hold_back_noise, start_backend

if TYPE_CHECKING:
    import keras

SAMPLES, TOLERANCE = 64, 1e-4  # images that are compared, and how far a pixel in [-1, 1] may be off

Draw = Callable[[Mapping[str, np.ndarray]], np.ndarray]  # inputs by name -> images (n, 784)


@contextmanager
def keras_model(generator: NumpyGenerator, name: str) -> Iterator[keras.Model]:
    """Yield a generator as a Keras model on TensorFlow; messages are held back in the block.

    Args:
        generator: The generator.
        name: Of the format that is made of it.

    Raises:
        UserError: Where TensorFlow is not installed, or Keras runs on another backend.
    """
    if importlib.machinery.PathFinder.find_spec("tensorflow") is None:
        raise UserError(
            f"The format {name} needs TensorFlow, which is not installed; install it with: "
            f"{INSTALL['tensorflow']}"
        )
    if chosen_backend() != "tensorflow":
        raise UserError(
            f"The format {name} needs Keras on TensorFlow, but KERAS_BACKEND says otherwise; set "
            "KERAS_BACKEND=tensorflow, or choose npz, html or hub."
        )
    say(LOADING)
    start_backend()
    with hold_back_noise(), warnings.catch_warnings(action="ignore"):  # the converters' own
        yield generator.to_keras()


def refuse_unlike(generator: NumpyGenerator, name: str, draw: Draw) -> None:
    """Raise UserError unless another runtime draws the images that NumPy draws.

    Args:
        generator: The generator.
        name: Of the format.
        draw: Returns the images (n, 784) of inputs by name, as another runtime draws them.
    """
    batch = generator.latents(0, SAMPLES)
    latents, labels = np.split(batch, [generator.latent_size], axis=1)
    inputs = {INPUTS[generator.noise]: latents} | ({"label": labels} if generator.classes else {})
    apart = np.abs(draw(inputs) - generate(generator, batch)).max()
    if not apart <= TOLERANCE:  # which NaN is not, either
        raise UserError(
            f"The {name} file would draw other images than the generator (a pixel differs by "
            f"{apart:.2g}), so it was not kept; the weights may be too large for float32."
        )
