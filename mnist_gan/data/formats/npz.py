"""Images in an .npz file."""

import reprlib
import zipfile
from pathlib import Path

import numpy as np

from mnist_gan.data.formats import limits
from mnist_gan.data.formats.limits import Images, Part
from mnist_gan.data.images import SIDE
from mnist_gan.support.errors import UserError

NPZ = "x_train and perhaps y_train, as in Keras's mnist.npz"


def read_npz(path: Path, part: Part) -> Images:
    """Read an archive in Keras's layout: `x_train` and `y_train`, or `x_test` and `y_test`.

    Args:
        path: The file.
        part: The training or the test images.

    Returns:
        The images and their labels, not yet validated.

    Raises:
        UserError: If the file is damaged or too large, or has no images.
    """
    x, y = f"x_{part}", f"y_{part}"
    try:
        with zipfile.ZipFile(path) as archive:
            largest = max((member.file_size for member in archive.infolist()), default=0)
        if largest > limits.MOST_IMAGES * SIDE * SIDE + 1024:
            raise UserError(f"{path} unpacks to {largest:,} bytes, more than any digits need.")
        with np.load(path, allow_pickle=False) as arrays:
            if x not in arrays.files:
                raise UserError(f"{path} lacks {x}; it holds {reprlib.repr(arrays.files)}.")
            labels = np.asarray(arrays[y]) if y in arrays.files else None
            return np.asarray(arrays[x]), labels
    except (UserError, OSError):
        raise
    except Exception:  # zipfile and NumPy raise many kinds on damaged files
        raise UserError(
            f"{path} is damaged or not an .npz of plain arrays; expected {NPZ}."
        ) from None
