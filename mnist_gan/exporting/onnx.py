"""A generator as an ONNX file."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from mnist_gan.exporting.keras_model import keras_model, refuse_unlike
from mnist_gan.sampling.numpy_generator import NumpyGenerator
from mnist_gan.support.errors import UserError
from mnist_gan.support.files import whole_file

PACKAGES = ("onnx", "tf2onnx", "onnxruntime")


def write(generator: NumpyGenerator, source: Path | None, output: Path) -> None:
    """Write the file after ONNX Runtime has drawn the generator's images from it.

    Args:
        generator: The generator.
        source: Its `.keras` file, which is not needed.
        output: The .onnx file.

    Raises:
        UserError: Where a package is missing, or the images differ.
    """
    missing = [package for package in PACKAGES if find_spec(package) is None]
    if missing:
        raise UserError(
            f"The format onnx needs {' and '.join(missing)}; install with: pip install "
            f"{' '.join(PACKAGES)}"
        )
    with keras_model(generator, "onnx") as model, whole_file(output) as temporary:
        model(model.inputs)  # Keras's exporter refuses a model that was never called
        model.export(str(temporary), format="onnx", verbose=False)
        refuse_unlike(generator, "onnx", lambda inputs: _draw(temporary, inputs))


def _draw(path: Path, inputs: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return the images (n, 784) that ONNX Runtime draws from a file."""
    import onnxruntime

    session = onnxruntime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
    (images,) = session.run(None, dict(inputs))
    return images
