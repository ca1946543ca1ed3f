"""A generator as TensorFlow's SavedModel."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from mnist_gan.exporting.keras_model import keras_model, refuse_unlike
from mnist_gan.sampling.numpy_generator import NumpyGenerator
from mnist_gan.support.files import whole_folder


def write(generator: NumpyGenerator, source: Path | None, output: Path) -> None:
    """Write the folder after TensorFlow has drawn the generator's images from it.

    Args:
        generator: The generator.
        source: Its `.keras` file, which is not needed.
        output: The folder.

    Raises:
        UserError: Where TensorFlow is missing, or the images differ.
        OSError: Where the folder cannot be written.
    """
    with keras_model(generator, "savedmodel") as model, whole_folder(output) as temporary:
        import tensorflow as tf

        try:
            model.export(str(temporary), format="tf_saved_model", verbose=False)
        except tf.errors.ResourceExhaustedError as error:  # its own error for a full disk
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error
        refuse_unlike(generator, "savedmodel", lambda inputs: _draw(temporary, inputs))


def _draw(folder: Path, inputs: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return the images (n, 784) that TensorFlow draws from a folder."""
    import tensorflow as tf

    serve = tf.saved_model.load(str(folder)).signatures["serving_default"]
    (images,) = serve(**{name: tf.constant(values) for name, values in inputs.items()}).values()
    return images.numpy()
