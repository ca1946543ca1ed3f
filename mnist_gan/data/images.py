"""Images as floats and bytes; grids, PNG files and films of them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from mnist_gan.support.files import whole_file

SIDE = 28
PIXELS = SIDE * SIDE
CLASSES = 10  # of digits, of which one is told in a conditional game
LEVELS = 127.5  # grey levels in a unit of our floats


def from_uint8(images: np.ndarray) -> np.ndarray:
    """Return byte images as the package's floats.

    Shapes: uint8 (n, 28, 28) in, float32 (n, 784) in [-1, 1] out, (x - 127.5) / 127.5.

    >>> from_uint8(np.full((1, 28, 28), 255, np.uint8))[0, :2].tolist()
    [1.0, 1.0]
    """
    flat = images.reshape(len(images), PIXELS).astype(np.float32)  # (n, 784)
    flat -= LEVELS
    flat /= LEVELS
    return flat


def to_uint8(images: np.ndarray) -> np.ndarray:
    """Return floats in [-1, 1] as byte images, clipped and rounded to the nearest level.

    Shapes: (n, 784) in, uint8 (n, 28, 28) out; the inverse of `from_uint8`.
    """
    levels = np.rint(np.clip(images, -1.0, 1.0) * LEVELS + LEVELS)
    return levels.astype(np.uint8).reshape(-1, SIDE, SIDE)


def tile(images: np.ndarray, columns: int, gap: int = 2, scale: int = 2) -> np.ndarray:
    """Return a sheet of digits in rows of `columns`, dark ink on white paper.

    Shapes: (n, 784) in [-1, 1] in, one uint8 (height, width) picture out; `gap` pixels stand
    between digits, and each pixel is drawn `scale` times as large, without smoothing.
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
    """Write one uint8 (height, width) picture as a PNG, whole or not at all."""
    with whole_file(path) as temporary:
        Image.fromarray(picture).save(temporary, format="PNG", optimize=True)


def write_film(
    path: Path, pictures: Sequence[np.ndarray], milliseconds: int | Sequence[int] = 80
) -> None:
    """Write uint8 (height, width) pictures as an endless film, whole or not at all.

    A GIF, or by its suffix a WebP without loss; `milliseconds` for each picture or for all.
    """
    frames = [Image.fromarray(picture) for picture in pictures]
    kind = path.suffix.removeprefix(".").upper()
    with whole_file(path) as temporary:
        frames[0].save(
            temporary,
            format=kind,
            save_all=True,
            append_images=frames[1:],
            duration=milliseconds,
            loop=0,
            lossless=True,
        )
