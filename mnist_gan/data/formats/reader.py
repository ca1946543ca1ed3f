"""Chooses the reader for a path, and checks what it returns."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from mnist_gan.data.formats.folder import read_folder
from mnist_gan.data.formats.idx import read_idx
from mnist_gan.data.formats.limits import Images, Part
from mnist_gan.data.formats.npz import read_npz
from mnist_gan.data.images import SIDE
from mnist_gan.data.locations import Kind, kind_of_data
from mnist_gan.support.errors import UserError
from mnist_gan.support.units import counted


def read_images(path: Path, part: Part = "train") -> Images:
    """Return the images and labels at a path, validated; nothing read is unpickled or run.

    Args:
        path: An archive, IDX files, or a folder.
        part: The training or the test images.

    Returns:
        Images, uint8 (n, 28, 28), and labels, uint8 (n,), or None if there are none.

    Raises:
        UserError: If there are no such images. It names the file, what it holds and what is
            expected.
    """
    try:
        images, labels = _READERS[kind_of_data(path)](path, part)
    except OSError as error:
        file = error.filename or path
        raise UserError(f"{file} cannot be read: {error.strerror or error}.") from None
    return _validated(images, labels, path)


_READERS: dict[Kind, Callable[[Path, Part], Images]] = {
    "folder": read_folder,
    "npz": read_npz,
    "idx": read_idx,
}


def _validated(images: np.ndarray, labels: np.ndarray | None, path: Path) -> Images:
    """Return the arrays if they are digits; raise UserError otherwise."""
    expected = f"expected uint8 (n, {SIDE}, {SIDE})"
    if images.dtype != np.uint8 or images.ndim != 3 or images.shape[1:] != (SIDE, SIDE):
        raise UserError(f"{path} holds images of {images.dtype} {images.shape}; {expected}.")
    if not len(images):
        raise UserError(f"{path} holds no images; {expected}.")
    if labels is None:
        return images, None
    if labels.shape != (len(images),) or labels.dtype.kind not in "iu":
        raise UserError(
            f"{path} holds labels of {labels.dtype} {labels.shape} for "
            f"{counted(len(images), 'image')}; expected one integer each."
        )
    if labels.min() < 0 or labels.max() > 9:
        span = f"{labels.min()} to {labels.max()}"
        raise UserError(f"{path} holds labels from {span}; expected 0 to 9.")
    return images, labels.astype(np.uint8)
