"""Writes a generator in a format, after checking where it is to be written."""

import os
from collections.abc import Callable
from pathlib import Path

from mnist_gan.exporting import ENDINGS, html, hub, litert, npz, onnx, savedmodel
from mnist_gan.sampling.numpy_generator import NumpyGenerator
from mnist_gan.support.errors import UserError

Write = Callable[[NumpyGenerator, Path | None, Path], None]  # generator, its .keras file, output

WRITERS: dict[str, Write] = {  # by the names in ENDINGS
    "onnx": onnx.write,
    "savedmodel": savedmodel.write,
    "litert": litert.write,
    "npz": npz.write,
    "html": html.write,
    "hub": hub.write,
}


def check_output(name: str, output: Path) -> None:
    """Raise UserError where a format cannot be written to a path.

    Args:
        name: One of ENDINGS.
        output: The file or folder to write. A file is replaced; a folder must be new or empty.
    """
    ending = ENDINGS[name]
    parent = output.absolute().parent
    if output.suffix != ending:
        kind = f"a file that ends in {ending}" if ending else "a folder, whose name has no ending"
        raise UserError(f"{output} does not fit: the format {name} is {kind}.")
    if not parent.is_dir():
        raise UserError(f"{output} cannot be written: there is no folder {output.parent}.")
    if output.exists() and output.is_dir() == bool(ending):
        raise UserError(f"{output} is a {'folder' if ending else 'file'}; choose another name.")
    if not ending and output.is_dir() and any(output.iterdir()):
        raise UserError(f"{output} is not empty; name a new folder.")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise UserError(f"{output} cannot be written: Permission denied; choose another folder.")
