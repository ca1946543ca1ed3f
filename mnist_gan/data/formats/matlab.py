"""Images in MATLAB's .mat files.

The format is read here, since SciPy's reader, which is partly in C, can crash on damaged files.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from mnist_gan.data.formats.limits import PIECE, Content, Part, check_size
from mnist_gan.support.errors import UserError
from mnist_gan.support.reading import open_file, reading
from mnist_gan.support.text import several

HEADER, HDF5 = 128, b"\x89HDF"
ORDERS = {b"IM": "<", b"MI": ">"}  # of bytes, by the end of the header
MATRIX, COMPRESSED = 14, 15  # kinds of elements; those of numbers:
NUMBERS = {
    1: "i1",
    2: "u1",
    3: "i2",
    4: "u2",
    5: "i4",
    6: "u4",
    7: "f4",
    9: "f8",
    12: "i8",
    13: "u8",
}
STRUCTURE, NUMERIC, COMPLEX = 2, range(6, 16), 0x800  # classes of arrays, and a flag of theirs
IMAGES, LABELS = {"images", "data", "x"}, {"labels", "label", "y"}
MOST_DEPTH, MOST_FIELDS, MOST_ELEMENTS = 4, 1000, 10_000  # structures within each other, ...

Names = tuple[str, ...]
Arrays = dict[Names, np.ndarray]


def read_mat(path: Path, part: Part) -> Content:
    """Read a file of MATLAB 5 to 7, such as EMNIST's and notMNIST's.

    Args:
        path: The file.
        part: The training or the test images.

    Raises:
        UserError: If it is damaged or too large, or has no images.
    """
    with reading(path, "MATLAB file of version 5 to 7"):
        arrays = _of_part(_arrays(path), part)
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


def _arrays(path: Path) -> Arrays:
    """Return the arrays of numbers in a file, also those in structures, by their paths."""
    with open_file(path) as file:
        check_size(path, path.stat().st_size)
        data = memoryview(file.read())
    order = _order(path, bytes(data[:HEADER]))
    found: Arrays = {}
    total = 0
    for kind, content in _elements(data[HEADER:], order):
        element = kind, content
        if kind == COMPRESSED:
            unpacked = _unpacked(path, content, total, len(data))
            total += len(unpacked)
            element = next(_elements(memoryview(unpacked), order))
        if element[0] == MATRIX:
            found |= _matrix(element[1], order, ())
    return found


def _order(path: Path, head: bytes) -> str:
    """Return the order of a file's bytes; raise UserError for another version."""
    if head.startswith(HDF5) or b"MATLAB 7.3" in head[:20]:
        raise UserError(
            f"{path} is a MATLAB file of version 7.3 (HDF5), which is not read; save it with "
            "-v7 in MATLAB, or as .npz."
        )
    if head[126:] not in ORDERS:
        raise UserError(f"{path} is no MATLAB file of version 5 to 7.")
    return ORDERS[head[126:]]


def _unpacked(path: Path, content: memoryview, total: int, packed: int) -> bytes:
    """Return what a compressed element unpacks to.

    Args:
        path: The file.
        content: The element.
        total: How many bytes were unpacked before.
        packed: How many the file has.
    """
    engine, pieces = zlib.decompressobj(), list[bytes]()
    while not engine.eof and (piece := engine.decompress(content, PIECE)):
        pieces.append(piece)
        total += len(piece)
        check_size(path, total, packed)
        content = memoryview(engine.unconsumed_tail)
    return b"".join(pieces)


def _elements(data: memoryview, order: str) -> Iterator[tuple[int, memoryview]]:
    """Yield the kinds and contents of the elements of which a file or an array consists."""
    place = count = 0
    while place + 8 <= len(data):
        kind, size = struct.unpack_from(f"{order}II", data, place)
        start = place + 8
        if kind >> 16:  # a small one, in four bytes
            kind, size, start = kind & 0xFFFF, min(4, kind >> 16), place + 4
        if start + size > len(data) or count > MOST_ELEMENTS:
            raise ValueError("an element is cut off, or there are too many")
        yield kind, data[start : start + size]
        place, count = start + size, count + 1
        place += 0 if kind == COMPRESSED else -place % 8


def _matrix(data: memoryview, order: str, name: Names) -> Arrays:
    """Return an array of numbers, or those in a structure; nothing for other kinds of arrays."""
    parts = _elements(data, order)
    if not data or len(name) > MOST_DEPTH:
        return {}
    (_, flags), (_, sizes), (_, own) = next(parts), next(parts), next(parts)
    (flag,) = struct.unpack_from(f"{order}I", flags)
    shape = tuple(np.frombuffer(sizes, f"{order}i4").tolist())
    name = name or (bytes(own).decode("latin-1"),)
    if flag & 0xFF == STRUCTURE and math.prod(shape) == 1:
        return _structure(parts, order, name)
    if flag & 0xFF not in NUMERIC or flag & COMPLEX or not math.prod(shape):
        return {}
    kind, content = next(parts)
    array = np.frombuffer(content, f"{order}{NUMBERS[kind]}")
    native = array.astype(array.dtype.newbyteorder("="), copy=False)
    return {name: native.reshape(shape, order="F")}


def _structure(parts: Iterator[tuple[int, memoryview]], order: str, name: Names) -> Arrays:
    """Return the arrays in the fields of a structure, of which these are the remaining parts."""
    (_, length), (_, texts) = next(parts), next(parts)
    (width,) = struct.unpack_from(f"{order}i", length)
    if not width > 0 or len(texts) > MOST_FIELDS * width:
        raise ValueError("a structure has too many fields")
    found: Arrays = {}
    for place in range(0, len(texts), width):
        field = bytes(texts[place : place + width]).partition(b"\0")[0].decode("latin-1")
        _, content = next(parts)
        found |= _matrix(content, order, (*name, field))
    return found


def _of_part(arrays: Arrays, part: Part) -> Arrays:
    """Return the arrays of a part where names say so, otherwise all."""
    other = "test" if part == "train" else "train"
    kept = {name: array for name, array in arrays.items() if other not in ".".join(name).lower()}
    named = {name: array for name, array in kept.items() if part in ".".join(name).lower()}
    return named or ({} if part == "test" else kept)
