"""Writes a generator in a format, after checking where it is to be written."""

from collections.abc import Callable
from pathlib import Path

from mnist_gan.exporting import ENDINGS, html, hub, litert, npz, onnx, savedmodel
from mnist_gan.sampling.numpy_generator import NumpyGenerator
from mnist_gan.support.errors import UserError
from mnist_gan.support.paths import check_output

Write = Callable[[NumpyGenerator, Path | None, Path], None]  # generator, its .keras file, output

WRITERS: dict[str, Write] = {  # by the names in ENDINGS
    "onnx": onnx.write,
    "savedmodel": savedmodel.write,
    "litert": litert.write,
    "npz": npz.write,
    "html": html.write,
    "hub": hub.write,
}


def check_format(name: str, output: Path) -> None:
    """Raise UserError where a format cannot be written to a path.

    Args:
        name: One of ENDINGS.
        output: The file or folder to write. A file is replaced; a folder must be new or empty.
    """
    check_output(output, ENDINGS[name])
    if output.is_dir() and any(output.iterdir()):
        raise UserError(f"{output} is not empty; name a new folder.")
