"""Reads byte images (n, 28, 28) and labels from files that nobody has vouched for."""

import gzip
import reprlib
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

from mnist_gan.errors import UserError
from mnist_gan.images import SIDE
from mnist_gan.places import KINDS, Kind, kind_of_data
from mnist_gan.units import counted

MOST_IMAGES = 1_000_000  # more would be a mistake or an attack on memory
PICTURES = {".png", ".bmp", ".gif", ".jpg", ".jpeg", ".tif", ".tiff"}
FORMATS = ("PNG", "BMP", "GIF", "JPEG", "TIFF")  # no others: for some, Pillow runs programs
PICTURE = f"{SIDE}x{SIDE} in grey (mode L)"
NPZ = "x_train and perhaps y_train, as in Keras's mnist.npz"
IDX_NAMES = ("train-images-idx3-ubyte", "train-images.idx3-ubyte")

Part = Literal["train", "test"]
Images = tuple[np.ndarray, np.ndarray | None]  # uint8 (n, 28, 28) and uint8 (n,)


def read_images(path: Path, part: Part = "train") -> Images:
    """Return the images, uint8 (n, 28, 28), and labels, uint8 (n,), that `path` holds.

    Of an archive and of IDX files that is the training or the test part. Nothing read is ever
    unpickled or run. Raises UserError, naming the file, what it holds and what is expected.
    """
    try:
        images, labels = _READERS[kind_of_data(path)](path, part)
    except OSError as error:
        place = error.filename or path
        raise UserError(f"{place} cannot be read: {error.strerror or error}.") from None
    return _checked(images, labels, path)


def _read_npz(path: Path, part: Part) -> Images:
    """Read `x_train` and `y_train`, or `x_test` and `y_test`, of Keras's layout."""
    x, y = f"x_{part}", f"y_{part}"
    try:
        with zipfile.ZipFile(path) as archive:
            largest = max((member.file_size for member in archive.infolist()), default=0)
        if largest > MOST_IMAGES * SIDE * SIDE + 1024:
            raise UserError(f"{path} unpacks to {largest:,} bytes, more than any digits need.")
        with np.load(path, allow_pickle=False) as arrays:
            if x not in arrays.files:
                raise UserError(f"{path} lacks {x}; it holds {reprlib.repr(arrays.files)}.")
            labels = np.asarray(arrays[y]) if y in arrays.files else None
            return np.asarray(arrays[x]), labels
    except (UserError, OSError):
        raise
    except Exception:  # bytes at random make zipfile and NumPy raise nearly anything
        raise UserError(f"{path} is damaged or no .npz of plain arrays; expected {NPZ}.") from None


def _read_folder(path: Path, part: Part) -> Images:
    """Read a folder of IDX files, or of pictures (in subfolders 0 to 9, if they have labels)."""
    for name in (name + ending for name in IDX_NAMES for ending in ("", ".gz")):
        if (path / name).exists():
            return _read_idx(path / name, part)
    if part == "test":
        raise UserError(f"{path} is a folder of pictures, which has no test images.")
    classes = [path / str(digit) for digit in range(10) if (path / str(digit)).is_dir()]
    parts = [_read_pictures(folder) for folder in classes or [path]]
    if not any(len(part) for part in parts):
        raise UserError(f"{path} holds no images; data can be {KINDS}.")
    counts = [len(part) for part in parts]
    labels = np.repeat([int(folder.name) for folder in classes], counts) if classes else None
    return np.concatenate(parts), None if labels is None else labels.astype(np.uint8)


def _read_pictures(folder: Path) -> np.ndarray:
    """Read every picture of a folder, in order of name."""
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in PICTURES)
    if len(files) > MOST_IMAGES:
        raise UserError(f"{folder} holds {len(files):,} images; at most {MOST_IMAGES:,} are read.")
    pictures = np.empty((len(files), SIDE, SIDE), np.uint8)  # (n, 28, 28)
    with warnings.catch_warnings(action="ignore"):  # what matters of a picture is checked
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
    except Exception as error:  # bytes at random make Pillow raise nearly anything
        reason = getattr(error, "strerror", None) or "it is damaged or no picture"
        raise UserError(f"{file} cannot be read: {reason}; expected {PICTURE}.") from None
    raise UserError(f"{file} is {width}x{height} in mode {mode}; expected {PICTURE}.")


def _read_idx(path: Path, part: Part) -> Images:
    """Read an IDX file of images and the file of labels that belongs to it."""
    if part == "test":
        path = path.with_name(path.name.replace("train-", "t10k-"))
    if "idx3" not in path.name:
        raise UserError(f"{path} is no IDX file of images; expected a name like {IDX_NAMES[0]}.")
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
        raise UserError(f"{path} does not begin like an IDX file of {dimensions}-d bytes.")
    shape = struct.unpack(f">{dimensions}I", raw[4:header])
    expected = int(np.prod(shape, dtype=object))
    if len(raw) - header != expected:
        size = "x".join(map(str, shape))
        unit = "byte" if expected == 1 else "bytes"
        raise UserError(f"{path} promises {size} {unit} and holds {len(raw) - header:,}.")
    return np.frombuffer(raw, np.uint8, offset=header).reshape(shape)


_READERS: dict[Kind, Callable[[Path, Part], Images]] = {
    "folder": _read_folder,
    "npz": _read_npz,
    "idx": _read_idx,
}


def _unpacked(path: Path) -> bytes:
    """Return a file's bytes, unzipped where it is gzip, up to the largest that makes sense."""
    most = MOST_IMAGES * SIDE * SIDE + 16
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            raw = file.read(most + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UserError(f"{path} is damaged ({error}).") from None
    if len(raw) > most:
        raise UserError(f"{path} is larger than {MOST_IMAGES:,} digits need.")
    return raw


def _checked(images: np.ndarray, labels: np.ndarray | None, path: Path) -> Images:
    """Return the arrays if they are digits, or raise one sentence that says what they are."""
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
            f"{counted(len(images), 'image')}; expected one whole number each."
        )
    if labels.min() < 0 or labels.max() > 9:
        span = f"{labels.min()} to {labels.max()}"
        raise UserError(f"{path} holds labels from {span}; expected 0 to 9.")
    return images, labels.astype(np.uint8)
