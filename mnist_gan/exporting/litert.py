"""A generator as a LiteRT (TensorFlow Lite) file."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from mnist_gan.exporting.keras_model import keras_model, refuse_unlike
from mnist_gan.sampling.numpy_generator import NumpyGenerator
from mnist_gan.support.files import whole_file


def write(generator: NumpyGenerator, source: Path | None, output: Path) -> None:
    """Write the file after its interpreter has drawn the generator's images from it.

    Args:
        generator: The generator.
        source: Its `.keras` file, which is not needed.
        output: The .tflite file.

    Raises:
        UserError: Where TensorFlow is missing, or the images differ.
    """
    with keras_model(generator, "litert") as model:
        import tensorflow as tf

        # model.export(format="litert") takes the same two steps, but the oldest Keras that
        # setup.cfg allows has no such format
        with tempfile.TemporaryDirectory() as folder:
            model.export(folder, format="tf_saved_model", verbose=False)
            content = tf.lite.TFLiteConverter.from_saved_model(folder).convert()
        refuse_unlike(generator, "litert", lambda inputs: _draw(content, inputs))
    with whole_file(output) as temporary:
        temporary.write_bytes(content)


def _draw(content: bytes, inputs: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return the images (n, 784) that TensorFlow's interpreter draws from a file's content."""
    import tensorflow as tf

    run = tf.lite.Interpreter(model_content=content).get_signature_runner()
    (images,) = run(**inputs).values()
    return images
