"""The headers of NumPy's files, which say what an array takes before it is read."""

import io
import math
from typing import IO, Any, NamedTuple

import numpy as np

LARGEST_HEADER = 10_100  # bytes; NumPy refuses more than 10,000 of text, but reads 4 GB first


class Header(NamedTuple):
    """What an .npy file declares."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    is_fortran: bool  # whether the first index changes fastest

    @property
    def size(self) -> int:
        """How many bytes the array takes."""
        return math.prod(self.shape) * self.dtype.itemsize


def read_header(file: IO[bytes]) -> Header:
    """Return what an .npy file declares, and leave the file where its numbers begin.

    On a damaged file NumPy raises many kinds: see `reading`.
    """
    start = file.tell()
    head = io.BytesIO(file.read(LARGEST_HEADER))
    version = np.lib.format.read_magic(head)
    read = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    shape, is_fortran, dtype = read[version](head)
    file.seek(start + head.tell())
    return Header(shape, dtype, is_fortran)
