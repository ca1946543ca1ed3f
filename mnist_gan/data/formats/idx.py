"""Images in IDX files, the format in which MNIST was published."""

from __future__ import annotations

import gzip
import math
import re
import struct
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

import numpy as np

from mnist_gan.data.formats.limits import Content, Part, check_size
from mnist_gan.support.errors import UserError
from mnist_gan.support.reading import open_file, reading
from mnist_gan.support.text import printable

IMAGES = re.compile(r"(.*)images?[-_.]?idx3[-_.]ubyte(\.gz)?", re.IGNORECASE)
TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}  # by the third byte
GZIP = b"\x1f\x8b"  # how a gzip file starts, whatever its name is
TESTS = {"train": ("t10k", "test"), "training": ("testing", "test")}  # words of names


def read_idx(path: Path, part: Part) -> Content:
    """Read an IDX file of images, and the file of labels that belongs to it if there is one.

    Args:
        path: The file of training images, plain or gzip.
        part: The training or the test images.

    Raises:
        UserError: If a file is damaged.
    """
    path = path if part == "train" else _test_images(path)
    images = read_idx_array(path)
    if images.ndim < 2:
        raise UserError(f"{path} holds {images.ndim}-d numbers, so no images.")
    for labels in _labels_of(path):
        found = read_idx_array(labels)
        if found.ndim == 2 and "idx2" in labels.name:  # QMNIST: the class, then who wrote it
            found = found[:, 0]
        return Content(images, found, (f"labels from {printable(labels.name)}",))
    return Content(images, None, ("no file of labels beside it",))


def is_idx(head: bytes) -> bool:
    """Return whether a file starts like an IDX file."""
    return len(head) >= 4 and head[:2] == b"\0\0" and head[2] in TYPES and 1 <= head[3] <= 4


def read_idx_array(path: Path) -> np.ndarray:
    """Read one IDX file (format: yann.lecun.com/exdb/mnist): magic, sizes, numbers.

    Raises:
        UserError: Where it is damaged or too large.
    """
    with reading(path, "IDX file"), open_file(path) as file:
        is_packed = file.read(2) == GZIP
        file.seek(0)
        if not is_packed:
            return _array(path, file, None)
        with gzip.open(file) as unpacked:
            return _array(path, unpacked, path.stat().st_size)


def _array(path: Path, file: IO[bytes] | gzip.GzipFile, packed: int | None) -> np.ndarray:
    """Return the array in an open file; what it declares is checked before it is read."""
    magic = file.read(4)
    sizes = file.read(4 * magic[3]) if is_idx(magic) else b""
    if not is_idx(magic) or len(sizes) < 4 * magic[3]:
        raise UserError(f"{path} does not start like an IDX file.")
    shape, dtype = struct.unpack(f">{magic[3]}I", sizes), np.dtype(TYPES[magic[2]])
    expected = math.prod(shape) * dtype.itemsize
    if not expected:
        raise UserError(f"{path} holds no images or labels: it declares {shape}.")
    check_size(path, expected, packed)
    raw = file.read(expected + 1)
    if len(raw) != expected:
        held = f"{len(raw):,}" if len(raw) < expected else "more"
        raise UserError(
            f"{path} declares {'x'.join(map(str, shape))} numbers, {expected:,} bytes, and holds "
            f"{held}."
        )
    return np.frombuffer(raw, dtype).reshape(shape).astype(dtype.newbyteorder("="), copy=False)


def _test_images(path: Path) -> Path:
    """Return the file of test images that belongs to a file of training images."""
    if re.search("t10k|test", path.name, re.IGNORECASE):
        return path
    for word, others in TESTS.items():
        for other in others:
            named = path.with_name(re.sub(word, other, path.name, count=1, flags=re.IGNORECASE))
            if named != path and named.is_file():
                return named
    raise UserError(f"There are no test images beside {path}.")


def _labels_of(path: Path) -> Iterator[Path]:
    """Yield the files of labels that belong to a file of images.

    They lie beside it, or, as some archives unpack, in a folder of the same name.
    """
    found = IMAGES.fullmatch(path.name)
    if not found:
        return
    wanted = re.compile(
        re.escape(found[1]) + r"labels?[-_.]?(idx1[-_.]ubyte|idx2[-_.]int)(\.gz)?", re.IGNORECASE
    )
    yield from _files(path.parent.iterdir(), wanted)
    with suppress(OSError):  # where the folder above cannot be listed, there are no others
        for other in sorted(path.parent.parent.iterdir()):
            if wanted.fullmatch(other.name):
                yield from _files(other.iterdir() if other.is_dir() else [other], wanted)


def _files(paths: Iterable[Path], wanted: re.Pattern[str]) -> list[Path]:
    """Return the files with such names, sorted."""
    return sorted(each for each in paths if wanted.fullmatch(each.name) and each.is_file())
