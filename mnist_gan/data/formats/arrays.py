"""Images in NumPy's .npz and .npy files."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import numpy as np

from mnist_gan.data.formats.limits import MOST_BYTES, OTHER_PARTS, Content, Part, check_size
from mnist_gan.support.errors import UserError
from mnist_gan.support.npy import read_header
from mnist_gan.support.reading import open_archive, open_file, reading
from mnist_gan.support.text import printable, several

IMAGES = {"x", "images", "image", "data", "imgs", "samples"}  # words of arrays' names
LABELS = {"y", "labels", "label", "targets", "target"}
PARTS = {"train": "train", "training": "train", "test": "test", "testing": "test"}
MOST_MEMBERS = 1000

Shapes = dict[str, tuple[int, ...]]


def read_npz(path: Path, part: Part) -> Content:
    """Read an archive of arrays: `x_train` and `y_train`, other usual names, or one of images.

    Args:
        path: The file.
        part: The training or the test images.

    Raises:
        UserError: If the file is damaged or too large, or has no images.
    """
    with (
        reading(path, ".npz of plain arrays"),
        open_file(path, 2 * MOST_BYTES) as file,  # room for arrays that are not read
        open_archive(file, path) as archive,
    ):
        shapes = _shapes(path, archive)
        images = _images_of(path, shapes, part)
        labels = _labels_of(shapes, images)
        names = [name for name in (images, labels) if name]
        arrays = [_array(path, archive, name) for name in names]
    notes = () if names[0] in ("x_train", "x_test") else (f"arrays {several(names)}",)
    return Content(arrays[0], arrays[1] if labels else None, notes)


def read_npy(path: Path, part: Part) -> Content:
    """Read one array of images. Arguments and errors as for `read_npz`."""
    if part == "test":
        raise UserError(f"{path} has no test images.")
    with reading(path, ".npy of plain numbers"), open_file(path) as file:
        check_size(path, read_header(file).size)
        file.seek(0)
        return Content(np.lib.format.read_array(file, allow_pickle=False), None)


def _shapes(path: Path, archive: zipfile.ZipFile) -> Shapes:
    """Return the shapes of an archive's arrays; check that all fit into the memory."""
    members = [each for each in archive.infolist() if each.filename.endswith(".npy")]
    if len(members) > MOST_MEMBERS:
        raise UserError(f"{path} holds {len(members):,} arrays; at most {MOST_MEMBERS:,} are read.")
    found: Shapes = {}
    for member in members:
        with archive.open(member) as file:
            header = read_header(file)
        check_size(path, max(member.file_size, header.size))
        found[member.filename.removesuffix(".npy")] = header.shape
    check_size(path, sum(member.file_size for member in members), path.stat().st_size)
    return found


def _array(path: Path, archive: zipfile.ZipFile, name: str) -> np.ndarray:
    """Return an array of an archive; nothing is unpickled."""
    member = archive.getinfo(f"{name}.npy")
    with archive.open(member) as file:
        header = read_header(file)
    if header.dtype.hasobject:
        raise UserError(
            f"{path} holds {printable(name)} as Python objects, which are never read; save it "
            "as numbers or as plain strings."
        )
    if header.size > member.file_size:
        raise ValueError(f"{name} declares more than it holds")
    with archive.open(member) as file:
        return np.lib.format.read_array(file, allow_pickle=False)


def _words(name: str) -> list[str]:
    """Return the words of an array's name, in lower case.

    >>> _words("X_train"), _words("testImages")
    (['x', 'train'], ['test', 'images'])
    """
    return re.findall(r"[a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower())


def _images_of(path: Path, shapes: Shapes, part: Part) -> str:
    """Return the name of the array of images: one with a usual name, or the only such array."""
    others = set(PARTS) | OTHER_PARTS
    wanted = {word for word, of in PARTS.items() if of == part}
    named = [name for name in shapes if IMAGES & set(_words(name))]
    ours = [name for name in named if wanted & set(_words(name))]
    plain = [name for name in named if not others & set(_words(name))]
    obvious = [
        name
        for name, shape in shapes.items()
        if _is_images(shape) and not (others - wanted) & set(_words(name))
    ]
    choices = ours if part == "test" else ours or plain or obvious
    if len(choices) == 1:
        return choices[0]
    if not choices:
        held = several(f"{name} {shape}" for name, shape in shapes.items()) or "no arrays"
        expected = f"x_{part} and perhaps y_{part}, or one array of images"
        raise UserError(f"{path} holds {held}; expected {expected}.")
    raise UserError(
        f"{path} holds several arrays of images ({several(choices)}); name the right one x_{part}."
    )


def _is_images(shape: tuple[int, ...]) -> bool:
    """Return whether an array of this shape can only hold images."""
    return len(shape) in (3, 4) or (len(shape) == 2 and shape[1] == 784)


def _labels_of(shapes: Shapes, images: str) -> str | None:
    """Return the name of the labels that belong to an array of images, None without any."""
    parts = set(PARTS) | OTHER_PARTS
    of_images = set(_words(images)) & parts
    for name in shapes:
        words = set(_words(name))
        if name != images and words & LABELS and words & parts == of_images:
            return name
    return None
