"""Images into a file or a folder: a grid, a film, arrays or single pictures."""

import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import numpy as np

from mnist_gan.data.images import PIXELS, tile, to_uint8, write_film, write_png
from mnist_gan.support.errors import UserError
from mnist_gan.support.files import whole_file, whole_folder
from mnist_gan.support.paths import check_output
from mnist_gan.support.units import counted, megabytes

MAX_IMAGES = 10_000  # on one sheet or in one film; larger samples need arrays


MAX_FILES = 100_000  # single images in one folder


Blocks = Iterator[np.ndarray]  # images (size, 784), in order


def writer(output: Path) -> Callable[[Path, int, Blocks, int], None]:
    """Return the function that writes the format of a file name.

    Args:
        output: A path that ends in .png, .gif, .npy or .npz, or a folder for single images.

    Returns:
        A function of the path, the number of images, their blocks, and the columns of a sheet.

    Raises:
        UserError: Where the ending is another, or the path is not writable.
    """
    writers = {".png": _write_sheet, ".gif": _write_film, ".npy": _write_npy, ".npz": _write_npz}
    check_output(output, *writers, "")
    return writers.get(output.suffix.lower(), _write_folder)


def _write_sheet(output: Path, count: int, blocks: Blocks, columns: int) -> None:
    """Write all digits as one picture, dark ink on white."""
    write_png(output, tile(_concatenated(count, blocks), columns))


def _write_film(output: Path, count: int, blocks: Blocks, columns: int) -> None:
    """Write an animation with one digit per frame."""
    write_film(
        output, [tile(image[None], 1, gap=0, scale=8) for image in _concatenated(count, blocks)]
    )


def _write_npy(output: Path, count: int, blocks: Blocks, columns: int) -> None:
    """Write float32 (count, 784) in [-1, 1], block by block to save memory."""
    _check_disk_space(output, count)
    with whole_file(output) as temporary, temporary.open("wb") as file:
        _write_array(file, count, blocks)


def _write_npz(output: Path, count: int, blocks: Blocks, columns: int) -> None:
    """Write the same array as `images` in an archive."""
    _check_disk_space(output, count)
    with (
        whole_file(output) as temporary,
        zipfile.ZipFile(temporary, "w") as archive,
        archive.open("images.npy", "w", force_zip64=True) as file,
    ):
        _write_array(file, count, blocks)


def _write_array(file: IO[bytes], count: int, blocks: Blocks) -> None:
    """Write NumPy's header, then one block after another."""
    header = {"descr": "<f4", "fortran_order": False, "shape": (count, PIXELS)}
    np.lib.format.write_array_header_1_0(file, header)
    for block in blocks:
        file.write(block.astype("<f4", copy=False).data)


def _write_folder(output: Path, count: int, blocks: Blocks, columns: int) -> None:
    """Write each digit as a 28x28 file, white ink on black as in MNIST, ready for --data."""
    if count > MAX_FILES:
        raise UserError(f"{count:,} are too many single files; --output x.npy holds any number.")
    if output.exists() and any(output.iterdir()):
        raise UserError(f"{output} is not empty; name a new folder.")
    if not output.name:  # it is "."
        raise UserError("--output .: the current folder cannot be replaced; name a new folder.")
    digits = (digit for block in blocks for digit in to_uint8(block))
    with whole_folder(output) as temporary:
        for index, digit in enumerate(digits):
            write_png(temporary / f"{index:05d}.png", digit)


def _concatenated(count: int, blocks: Blocks) -> np.ndarray:
    """Return all images (count, 784); raise UserError where they are too many for a picture."""
    if count > MAX_IMAGES:
        raise UserError(
            f"{count:,} images are too many for one picture (at most {MAX_IMAGES:,}); "
            "--output x.npy holds any number."
        )
    return np.concatenate(list(blocks))


def _check_disk_space(output: Path, count: int) -> None:
    """Raise UserError where the disk has no space for the array."""
    needed, free = 4 * PIXELS * count, shutil.disk_usage(output.absolute().parent).free
    if needed > free:
        raise UserError(
            f"{counted(count, 'image')} would take {megabytes(needed)}, but "
            f"{output.absolute().parent} has {megabytes(free)} free."
        )
