"""The grids of a run, checked and made small for a page."""

import base64
import io
import struct
from contextlib import suppress

import numpy as np
from PIL import Image

from mnist_gan.data.images import SIDE
from mnist_gan.runs import GRID, NEAREST, RunFolder
from mnist_gan.support.errors import UserError
from mnist_gan.support.reading import reading

GAP, COLUMNS = 2, 10  # of a grid, see `images.tile`
LARGEST = 1_000_000  # bytes of a picture file
MOST_TRIES = 20  # grids, from the last, before the others are expected to be damaged, too


def grid(run: RunFolder, epoch: int) -> np.ndarray:
    """Return the grid of an epoch, with one pixel for each pixel of a digit.

    Args:
        run: The run.
        epoch: An epoch that has a grid.

    Returns:
        The picture, uint8 (302, 302), dark ink on white.

    Raises:
        UserError: If the file is missing, damaged, or not a grid.
    """
    side = COLUMNS * (SIDE + GAP) + GAP
    return _read(run, GRID.format(epoch), 2 * side, 2 * side)[::2, ::2]


def nearest(run: RunFolder, epoch: int, each: int) -> np.ndarray:
    """Return the sheet of the training images nearest to the digits of a grid.

    Args:
        run: The run.
        epoch: An epoch that has a grid.
        each: Number of training images for each digit.

    Returns:
        The picture, uint8 (302, 30 * 10 * each + 2).

    Raises:
        UserError: As `grid`.
    """
    height = COLUMNS * (SIDE + GAP) + GAP
    return _read(run, NEAREST.format(epoch), height, each * (height - GAP) + GAP)


def data_address(picture: np.ndarray) -> str:
    """Return a picture, uint8 (height, width), as the `data:` address of a PNG."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, format="PNG")
    return _address(file.getvalue())


def file_address(run: RunFolder, name: str) -> str:
    """Return a PNG that this process wrote into a run as a `data:` address."""
    return _address(run.read(name, LARGEST))


def _address(content: bytes) -> str:
    """Return the bytes of a PNG as a `data:` address."""
    return "data:image/png;base64," + base64.b64encode(content).decode()


def last_grid(run: RunFolder) -> str | None:
    """Return the run's last readable grid as a `data:` address, or None."""
    for epoch in run.grid_epochs()[: -MOST_TRIES - 1 : -1]:
        with suppress(UserError):
            return data_address(grid(run, epoch))
    return None


def _read(run: RunFolder, name: str, height: int, width: int) -> np.ndarray:
    """Return a grey PNG of the run; raise UserError unless it has exactly this size."""
    with reading(run.folder / name, "PNG"):
        content = run.read(name, LARGEST)
        if content[16:24] != struct.pack(">II", width, height):  # checked before decoding
            raise UserError(f"it is not a PNG of {width} by {height} pixels")
        with Image.open(io.BytesIO(content), formats=["PNG"]) as image:
            if image.mode != "L":
                raise UserError(f"its mode is {image.mode}, expected L (grey)")
            return np.asarray(image)
