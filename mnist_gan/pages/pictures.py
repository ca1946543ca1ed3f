"""The grids of a run, checked and made small for a page."""

import base64
import io
import struct

import numpy as np
from PIL import Image

from mnist_gan.data.images import SIDE
from mnist_gan.runs import GRID, NEAREST, RunFolder
from mnist_gan.support.errors import UserError

GAP, COLUMNS = 2, 10  # of a grid, see `images.tile`
LARGEST = 1_000_000  # bytes of a picture file
DAMAGED = (OSError, ValueError, SyntaxError, UserError)  # what reading a picture may raise


def grid(run: RunFolder, epoch: int) -> np.ndarray:
    """Return the grid of an epoch, with one pixel for each pixel of a digit.

    Args:
        run: The run.
        epoch: An epoch that has a grid.

    Returns:
        The picture, uint8 (302, 302), dark ink on white.

    Raises:
        OSError, ValueError, SyntaxError, UserError: The exceptions in DAMAGED, if the file is
            missing, damaged, or not a grid.
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
        OSError, ValueError, SyntaxError, UserError: As `grid`.
    """
    height = COLUMNS * (SIDE + GAP) + GAP
    return _read(run, NEAREST.format(epoch), height, each * (height - GAP) + GAP)


def data_address(picture: np.ndarray) -> str:
    """Return a picture, uint8 (height, width), as the `data:` address of a PNG."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, format="PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def last_grid(run: RunFolder) -> str | None:
    """Return the run's last readable grid as a `data:` address, or None."""
    for epoch in reversed(run.grid_epochs()):
        try:
            return data_address(grid(run, epoch))
        except DAMAGED:
            continue
    return None


def _read(run: RunFolder, name: str, height: int, width: int) -> np.ndarray:
    """Return a grey PNG of the run; raise one of DAMAGED unless it has exactly this size."""
    content = run.read(name, LARGEST)
    if content[16:24] != struct.pack(">II", width, height):  # checked before decoding
        raise ValueError(f"it is not a PNG of {width} by {height} pixels")
    with Image.open(io.BytesIO(content), formats=["PNG"]) as image:
        if image.mode != "L":
            raise ValueError(f"its mode is {image.mode}, expected L (grey)")
        return np.asarray(image)
