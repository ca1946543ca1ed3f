"""Images in a folder: IDX files, or pictures in a subfolder for each class."""

import warnings
from pathlib import Path

import numpy as np
from PIL import Image

from mnist_gan.data.formats import limits
from mnist_gan.data.formats.idx import IDX_NAMES, read_idx
from mnist_gan.data.formats.limits import Images, Part
from mnist_gan.data.images import SIDE
from mnist_gan.data.locations import KINDS
from mnist_gan.support.errors import UserError

PICTURES = {".png", ".bmp", ".gif", ".jpg", ".jpeg", ".tif", ".tiff"}


FORMATS = ("PNG", "BMP", "GIF", "JPEG", "TIFF")  # no others: Pillow runs programs for some


PICTURE = f"{SIDE}x{SIDE} in grey (mode L)"


def read_folder(path: Path, part: Part) -> Images:
    """Read a folder of IDX files or of pictures.

    Args:
        path: The folder; labelled pictures are in subfolders named 0 to 9.
        part: The training or the test images; pictures have no test images.

    Returns:
        The images and their labels, not yet validated.

    Raises:
        UserError: If there are no images, or a picture is not a grey one of 28x28 pixels.
    """
    for name in (name + ending for name in IDX_NAMES for ending in ("", ".gz")):
        if (path / name).exists():
            return read_idx(path / name, part)
    if part == "test":
        raise UserError(f"{path} is a folder of pictures, which has no test images.")
    classes = [path / str(digit) for digit in range(10) if (path / str(digit)).is_dir()]
    parts = [_read_pictures(folder) for folder in classes or [path]]
    if not any(len(pictures) for pictures in parts):
        raise UserError(f"{path} holds no images; data can be {KINDS}.")
    counts = [len(pictures) for pictures in parts]
    labels = np.repeat([int(folder.name) for folder in classes], counts) if classes else None
    return np.concatenate(parts), None if labels is None else labels.astype(np.uint8)


def _read_pictures(folder: Path) -> np.ndarray:
    """Read every picture of a folder, in order of name."""
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in PICTURES)
    if len(files) > limits.MOST_IMAGES:
        raise UserError(
            f"{folder} holds {len(files):,} images; at most {limits.MOST_IMAGES:,} are read."
        )
    pictures = np.empty((len(files), SIDE, SIDE), np.uint8)  # (n, 28, 28)
    with warnings.catch_warnings(action="ignore"):  # size and mode are checked instead
        for index, file in enumerate(files):
            pictures[index] = _read_picture(file)
    return pictures


def _read_picture(file: Path) -> np.ndarray:
    """Read one grey 28x28 picture."""
    try:
        with Image.open(file, formats=FORMATS) as picture:
            (width, height), mode = picture.size, picture.mode
            if (width, height) == (SIDE, SIDE) and mode in ("L", "1"):
                return np.asarray(picture.convert("L"))
    except Exception as error:  # Pillow raises many kinds on damaged files
        reason = getattr(error, "strerror", None) or "it is damaged or not a picture"
        raise UserError(f"{file} cannot be read: {reason}; expected {PICTURE}.") from None
    raise UserError(f"{file} is {width}x{height} in mode {mode}; expected {PICTURE}.")
