"""Hand-made hostile files: small files that ask for much memory, run code or never end."""

import io
import json
import pickle
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import cache, partial

import h5py
import numpy as np

from mnist_gan.support.assets import asset

HUGE = (2**20, 2**20)
UNITS = 2048  # of a layer whose weights are all one array


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


@cache
def bomb(name: str = "x_train.npy", size: int = 2**28, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip whose one member unfolds to so many zeros."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive, archive.open(name, "w") as out:
        for _ in range(size >> 20):
            out.write(bytes(2**20))
    return file.getvalue()


def archive_of(name: str, content: bytes) -> bytes:
    """Return a zip with one member."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, content)
    return file.getvalue()


def lying(name: str, method: int) -> bytes:
    """Return a zip whose headers say that its one member of many zeros has a hundred bytes."""
    data = bytearray(bomb(name, 2**26, method))
    for signature, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        begin = data.rfind(signature) + place
        data[begin : begin + 4] = struct.pack("<I", 100)
    return bytes(data)


def packed(start: bytes, megabytes: int = 2**12) -> bytes:
    """Return a gzip file of some bytes and gigabytes of zeros; its check sum is wrong."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    first = packer.compress(start) + packer.flush(zlib.Z_FULL_FLUSH)
    zeros = packer.compress(bytes(2**20)) + packer.flush(zlib.Z_FULL_FLUSH)
    header, end = b"\x1f\x8b\x08" + bytes(6) + b"\xff", packer.flush() + bytes(8)
    return header + first + zeros * megabytes + end


def deep_model(count: int, units: int, weights: bytes) -> bytes:
    """Return a `.keras` file that describes so many dense layers of so many units."""
    with zipfile.ZipFile(asset("generator.keras")) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    description = json.loads(members["config.json"])
    begin, dense, *_ = description["config"]["layers"]
    begin["config"]["batch_shape"] = [None, units]
    dense["config"]["units"], dense["build_config"]["input_shape"] = units, [None, units]
    layers = [
        {**dense, "config": {**dense["config"], "name": f"dense_{number}"}}
        for number in range(count)
    ]
    description["config"]["layers"] = [begin, *layers]
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("metadata.json", members["metadata.json"])
        archive.writestr("config.json", json.dumps(description))
        archive.writestr("model.weights.h5", weights)
    return file.getvalue()


def shared_weights(count: int) -> bytes:
    """Return an HDF5 file in which the weights of so many layers are one array with many names."""
    file = io.BytesIO()
    with h5py.File(file, "w") as weights:
        kernel = weights.create_dataset("kernel", data=np.zeros((UNITS, UNITS), np.float32))
        bias = weights.create_dataset("bias", data=np.zeros(UNITS, np.float32))
        for number in range(count):
            group = weights.create_group(f"layers/dense{f'_{number}' if number else ''}/vars")
            group["0"], group["1"] = kernel, bias
    return file.getvalue()


def idx(*sizes: int, kind: int = 8) -> bytes:
    """Return the header of an IDX file of bytes, or of another type of number."""
    return struct.pack(f">BBBB{len(sizes)}I", 0, 0, kind, len(sizes), *sizes)


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
    "an IDX file of a terabyte": lambda: idx(2**31 - 1, 28, 28),
    "an IDX file of no images": lambda: idx(0, 28, 28),
    "an IDX file of images without pixels": lambda: idx(2**31 - 1, 0, 28),
    "a zip that lies, by deflate": partial(lying, "x_train.npy", zipfile.ZIP_DEFLATED),
    "a zip that lies, by bzip2": partial(lying, "x_train.npy", zipfile.ZIP_BZIP2),
    "a zip of a table that lies, by bzip2": partial(lying, "images.csv", zipfile.ZIP_BZIP2),
    "a gzip bomb": lambda: packed(b""),
    "a gzip bomb of images": lambda: packed(idx(2**22, 28, 28)),
    "a wide table": lambda: (b"0," * 31_000 + b"0\n") * 100,
    "a model of thousands of layers": lambda: deep_model(5_000, 784, shared_weights(1)),
    "a model of one array in all layers": lambda: deep_model(60, UNITS, shared_weights(60)),
}
