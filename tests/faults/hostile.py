"""Hand-made hostile files: small files that ask for much memory, run code or never end."""

import io
import json
import pickle
import struct
import zipfile
import zlib
from collections.abc import Callable

import numpy as np

HUGE = (2**20, 2**20)


def huge_npy() -> bytes:
    """Return the header of an array that would take a terabyte."""
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {HUGE}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode()


def pickled_npy() -> bytes:
    """Return an array of objects, which only unpickling could read."""
    file = io.BytesIO()
    np.save(file, np.array([{"a": 1}], object), allow_pickle=True)
    return file.getvalue()


def bomb(name: str = "x_train.npy", size: int = 2**28) -> bytes:
    """Return a zip whose one member unfolds to a quarter of a gigabyte of zeros."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open(name, "w") as out,
    ):
        for _ in range(size >> 20):
            out.write(bytes(2**20))
    return file.getvalue()


def archive_of(name: str, content: bytes) -> bytes:
    """Return a zip with one member."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, content)
    return file.getvalue()


def huge_png() -> bytes:
    """Return a picture that says it has 10^10 pixels."""
    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b"")]
    text = b"\x89PNG\r\n\x1a\n"
    for kind, data in chunks:
        crc = struct.pack(">I", zlib.crc32(kind + data))
        text += struct.pack(">I", len(data)) + kind + data + crc
    return text


HOSTILE: dict[str, Callable[[], bytes]] = {
    "a header of a terabyte": huge_npy,
    "a pickle": pickled_npy,
    "a zip bomb": bomb,
    "a zip of a huge array": lambda: archive_of("generator/0.npy", huge_npy()),
    "a zip of a pickle": lambda: archive_of("rest.npy", pickled_npy()),
    "a zip of a weights file": lambda: archive_of(
        "model.weights.h5", b"\x89HDF\r\n\x1a\n" + bytes(99)
    ),
    "a huge picture": huge_png,
    "a plain pickle": lambda: pickle.dumps(print),
    "brackets": lambda: b"[" * 100_000,
    "nested objects": lambda: b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
    "a long number": lambda: b"9" * 100_000,
    "JSON of another shape": lambda: json.dumps([{"kind": "train"}]).encode(),
    "numbers out of range": lambda: (
        b"epoch,step,seconds\n1e400,nan,-inf\n" + b"9" * 400 + b",1,1\n"
    ),
    "one long line": lambda: b"a," * 500_000,
    "no bytes": lambda: b"",
    "NUL bytes": lambda: bytes(4096),
    "an IDX file of a terabyte": lambda: struct.pack(">IIII", 2051, 2**31 - 1, 28, 28),
}
