"""Images in MATLAB's .mat files."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import IO, Any

import numpy as np

from mnist_gan.data.formats.limits import PIECE, Content, Part, check_size
from mnist_gan.support.errors import UserError
from mnist_gan.support.reading import open_file, reading
from mnist_gan.support.text import several

HEADER, COMPRESSED, HDF5 = 128, 15, b"\x89HDF"
IMAGES, LABELS = {"images", "data", "x"}, {"labels", "label", "y"}
MOST_DEPTH = 4  # of structures within structures


def read_mat(path: Path, part: Part) -> Content:
    """Read a file of MATLAB 5 to 7, such as EMNIST's and notMNIST's.

    Args:
        path: The file.
        part: The training or the test images.

    Raises:
        UserError: If it is damaged or too large, or has no images.
    """
    import scipy.io

    with reading(path, "MATLAB file of version 5 to 7"), open_file(path) as file:
        _check_unpacked_size(path, file)
        file.seek(0)
        arrays = _arrays(scipy.io.loadmat(file, chars_as_strings=True), ())
    arrays = _of_part(arrays, part)
    names = {name: {word.lower() for word in name} for name in arrays}
    images = [name for name in arrays if arrays[name].ndim > 1 and names[name] & IMAGES]
    if len(images) != 1:
        held = several(f"{'.'.join(name)} {array.shape}" for name, array in arrays.items())
        raise UserError(
            f"{path} holds {held or 'no arrays'}; expected one named images, data or X."
        )
    labels = [name for name in arrays if names[name] & LABELS and name[:-1] == images[0][:-1]]
    found = _images_first(arrays[images[0]])
    return Content(
        found,
        arrays[labels[0]].reshape(-1) if labels else None,
        (f"array {'.'.join(images[0])}",),
    )


def _images_first(array: np.ndarray) -> np.ndarray:
    """Return images whose number is the first of the sizes; MATLAB often puts it last."""
    sizes = array.shape
    if array.ndim == 2 and sizes[0] == 784 != sizes[1]:
        return array.T
    if array.ndim == 3 and sizes[0] == sizes[1] != sizes[2]:
        return array.transpose(2, 0, 1)
    if array.ndim == 4 and sizes[0] == sizes[1] and sizes[2] in (1, 3, 4):
        return array.transpose(3, 0, 1, 2)
    return array


Names = tuple[str, ...]


def _arrays(tree: Any, name: Names) -> dict[Names, np.ndarray]:
    """Return the arrays of numbers in structures, by their paths."""
    found: dict[Names, np.ndarray] = {}
    if len(name) > MOST_DEPTH:
        return found
    if isinstance(tree, dict):
        for key, value in tree.items():
            if not key.startswith("__"):
                found |= _arrays(value, (*name, key))
    elif isinstance(tree, np.ndarray) and tree.dtype.names and tree.size == 1:
        for key in tree.dtype.names:
            found |= _arrays(tree.reshape(-1)[0][key], (*name, key))
    elif isinstance(tree, np.ndarray) and tree.dtype.kind in "buif" and tree.size:
        found[name] = tree
    return found


def _of_part(arrays: dict[Names, np.ndarray], part: Part) -> dict[Names, np.ndarray]:
    """Return the arrays of a part where names say so, otherwise all."""
    other = "test" if part == "train" else "train"
    kept = {name: array for name, array in arrays.items() if other not in ".".join(name).lower()}
    named = {name: array for name, array in kept.items() if part in ".".join(name).lower()}
    return named or ({} if part == "test" else kept)


def _check_unpacked_size(path: Path, file: IO[bytes]) -> None:
    """Raise UserError where the parts of a file unpack to more than fits into the memory."""
    head = file.read(HEADER)
    if head.startswith(HDF5) or b"MATLAB 7.3" in head[:20]:
        raise UserError(
            f"{path} is a MATLAB file of version 7.3 (HDF5), which is not read; save it with "
            "-v7 in MATLAB, or as .npz."
        )
    order = {b"IM": "<", b"MI": ">"}.get(head[126:128])
    if order is None:
        raise UserError(f"{path} is no MATLAB file of version 5 to 7.")
    total = 0
    while len(tag := file.read(8)) == 8:
        kind, size = struct.unpack(f"{order}II", tag)
        if kind != COMPRESSED:
            total += size
            file.seek(size, 1)
            check_size(path, total)
        else:
            total = _unpacked_size(path, file, size, total)


def _unpacked_size(path: Path, file: IO[bytes], size: int, total: int) -> int:
    """Return the total with what one compressed part unpacks to."""
    packed, engine = path.stat().st_size, zlib.decompressobj()
    end = file.tell() + size
    while file.tell() < end and (piece := file.read(min(PIECE, end - file.tell()))):
        while piece:
            total += len(engine.decompress(piece, PIECE))
            check_size(path, total, packed)
            piece = engine.unconsumed_tail
    return total
