"""Images as floats and bytes; grids, PNG files and films of them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from mnist_gan.support.files import whole_file

SIDE = 28
PIXELS = SIDE * SIDE
LEVELS = 127.5  # grey levels for a difference of 1 in floats


def from_uint8(images: np.ndarray) -> np.ndarray:
    """Return byte images as floats, (x - 127.5) / 127.5.

    Args:
        images: uint8 (n, 28, 28).

    Returns:
        float32 (n, 784) in [-1, 1].

    >>> from_uint8(np.full((1, 28, 28), 255, np.uint8))[0, :2].tolist()
    [1.0, 1.0]
    """
    flat = images.reshape(len(images), PIXELS).astype(np.float32)  # (n, 784)
    flat -= LEVELS
    flat /= LEVELS
    return flat


def to_uint8(images: np.ndarray) -> np.ndarray:
    """Return floats as byte images, the inverse of `from_uint8`.

    Args:
        images: (n, 784); values outside [-1, 1] are clipped.

    Returns:
        uint8 (n, 28, 28), rounded to the nearest grey level.
    """
    levels = np.rint(np.clip(images, -1.0, 1.0) * LEVELS + LEVELS)
    return levels.astype(np.uint8).reshape(-1, SIDE, SIDE)


def tile(images: np.ndarray, columns: int, gap: int = 2, scale: int = 2) -> np.ndarray:
    """Return a sheet of digits, dark ink on white paper.

    Args:
        images: (n, 784) in [-1, 1].
        columns: Digits in a row.
        gap: Pixels between digits and around them, before scaling.
        scale: Factor by which each pixel is enlarged, without smoothing.

    Returns:
        The picture, uint8 (height, width).
    """
    ink = 255 - to_uint8(images)  # (n, 28, 28)
    rows = -(-len(ink) // columns)
    cell = SIDE + gap
    sheet = np.full((rows * cell + gap, columns * cell + gap), 255, np.uint8)
    for index, digit in enumerate(ink):
        top, left = gap + index // columns * cell, gap + index % columns * cell
        sheet[top : top + SIDE, left : left + SIDE] = digit
    return sheet.repeat(scale, axis=0).repeat(scale, axis=1)


def write_png(path: Path, picture: np.ndarray) -> None:
    """Write a picture as a PNG, atomically.

    Args:
        path: The file.
        picture: uint8 (height, width).
    """
    with whole_file(path) as temporary:
        Image.fromarray(picture).save(temporary, format="PNG", optimize=True)


def write_film(
    path: Path, pictures: Sequence[np.ndarray], milliseconds: int | Sequence[int] = 80
) -> None:
    """Write pictures as a film that repeats forever, atomically.

    Args:
        path: The file; its suffix decides between GIF and lossless WebP.
        pictures: uint8 (height, width), all of one shape.
        milliseconds: Duration of each picture, or one for all.
    """
    frames = [Image.fromarray(picture) for picture in pictures]
    suffix = path.suffix.removeprefix(".").upper()
    with whole_file(path) as temporary:
        frames[0].save(
            temporary,
            format=suffix,
            save_all=True,
            append_images=frames[1:],
            duration=milliseconds,
            loop=0,
            lossless=True,
        )
