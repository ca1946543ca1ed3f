"""A saved generator, or one in training, and samples from it."""

from pathlib import Path
from typing import Any

import numpy as np

from mnist_gan.archives import generator_of, read_generator
from mnist_gan.arithmetic import NumpyGenerator
from mnist_gan.errors import UserError
from mnist_gan.images import PIXELS
from mnist_gan.noise import BLOCK
from mnist_gan.runs import find_generator, outputs_folder


def load_generator(model: str | Path | None = None, outputs: str | None = None) -> NumpyGenerator:
    """Return the generator of a run (number, name or folder) or of a `.keras` file.

    Left out, it is the newest run's below `outputs`, or the bundled one. The file is hostile until
    checked (see `archives`); Keras never sees it. Raises UserError where it is no generator.
    """
    path = find_generator(str(model) if model is not None else None, outputs_folder(outputs))
    if not path.is_file():
        raise UserError(f"There is no file {path}; a generator is a .keras file.")
    return read_generator(path)


def copy_generator(model: Any) -> NumpyGenerator:
    """Return the generator that a Keras model, while it trains, is at this moment."""
    import keras

    arrays = iter([weight.numpy() for weight in model.weights])
    config = keras.saving.serialize_keras_object(model)
    return generator_of(config, lambda kind, shape, units: (next(arrays), next(arrays)))


def sample(generator: NumpyGenerator, count: int = 100, seed: int = 0) -> np.ndarray:
    """Return images 0 to `count - 1` of a seed: float32 (count, 784) in [-1, 1].

    Image k is a function of the generator, the seed and k alone, whatever the count.
    Raises ValueError if the count is negative.
    """
    if count < 0:
        raise ValueError(f"count is {count}, expected 0 or more")
    return generate(generator, generator.latents(seed, count))


def generate(generator: NumpyGenerator, rows: np.ndarray) -> np.ndarray:
    """Return the images (n, 784) of rows (n, inputs): of latents, and classes behind them, if any.

    Always computed in blocks of one size, because the last bits of a matrix product depend on
    the number of rows.
    """
    images = np.empty((len(rows), PIXELS), np.float32)  # (n, 784)
    block = np.zeros((BLOCK, generator.inputs), np.float32)  # (BLOCK, inputs)
    for start in range(0, len(rows), BLOCK):
        part = rows[start : start + BLOCK]
        block[: len(part)] = part
        images[start : start + len(part)] = generator(block)[: len(part)]
    return images
