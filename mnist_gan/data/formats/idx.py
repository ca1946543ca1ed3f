"""Images in IDX files, the format in which MNIST was published."""

import gzip
import struct
import zlib
from pathlib import Path

import numpy as np

from mnist_gan.data.formats import limits
from mnist_gan.data.formats.limits import Images, Part
from mnist_gan.data.images import SIDE
from mnist_gan.support.errors import UserError

IDX_NAMES = ("train-images-idx3-ubyte", "train-images.idx3-ubyte")


def read_idx(path: Path, part: Part) -> Images:
    """Read an IDX file of images and the file of labels beside it.

    Args:
        path: The file of training images, plain or gzip.
        part: The training or the test images.

    Returns:
        The images and their labels, not yet validated.

    Raises:
        UserError: If a file is damaged, or there are no labels.
    """
    if part == "test":
        path = path.with_name(path.name.replace("train-", "t10k-"))
    if "idx3" not in path.name:
        raise UserError(
            f"{path} is not an IDX file of images; expected a name like {IDX_NAMES[0]}."
        )
    stem = path.name.removesuffix(".gz").replace("images", "labels").replace("idx3", "idx1")
    for name in (stem, stem + ".gz"):
        labels = path.with_name(name)
        if labels.exists():
            return _read_idx_array(path, 3), _read_idx_array(labels, 1)
    raise UserError(f"{path} has no labels beside it; expected {stem} (.gz).")


def _read_idx_array(path: Path, dimensions: int) -> np.ndarray:
    """Read one IDX file of bytes (format: yann.lecun.com/exdb/mnist): magic, sizes, data."""
    raw = _unpacked(path)
    header = 4 + 4 * dimensions
    if len(raw) < header or raw[:4] != bytes([0, 0, 8, dimensions]):
        raise UserError(f"{path} does not start like an IDX file of {dimensions}-d bytes.")
    shape = struct.unpack(f">{dimensions}I", raw[4:header])
    expected = int(np.prod(shape, dtype=object))
    if len(raw) - header != expected:
        size = "x".join(map(str, shape))
        unit = "byte" if expected == 1 else "bytes"
        raise UserError(f"{path} declares {size} {unit} and holds {len(raw) - header:,}.")
    return np.frombuffer(raw, np.uint8, offset=header).reshape(shape)


def _unpacked(path: Path) -> bytes:
    """Return the bytes of a plain or gzip file; raise UserError if they are too many."""
    most = limits.MOST_IMAGES * SIDE * SIDE + 16
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            raw = file.read(most + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UserError(f"{path} is damaged ({error}).") from None
    if len(raw) > most:
        raise UserError(f"{path} is larger than {limits.MOST_IMAGES:,} digits need.")
    return raw
