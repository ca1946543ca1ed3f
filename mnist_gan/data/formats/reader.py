"""Chooses the reader for a path, and converts what it returns."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from mnist_gan.data.formats import limits
from mnist_gan.data.formats.arrays import read_npy, read_npz
from mnist_gan.data.formats.folder import look, read_pictures
from mnist_gan.data.formats.idx import read_idx
from mnist_gan.data.formats.limits import Content, Part
from mnist_gan.data.formats.matlab import read_mat
from mnist_gan.data.formats.parquet import read_parquet
from mnist_gan.data.formats.pictures import SUFFIXES, Reader
from mnist_gan.data.formats.standard import Wishes, as_images, as_labels
from mnist_gan.data.formats.tables import read_csv
from mnist_gan.data.locations import kind_of_data
from mnist_gan.support.errors import UserError
from mnist_gan.support.reading import reading
from mnist_gan.support.text import printable

_READERS = {"npz": read_npz, "npy": read_npy, "idx": read_idx, "csv": read_csv, "mat": read_mat}


class Images(NamedTuple):
    """Images that were read."""

    images: np.ndarray  # uint8 (n, 28, 28)
    labels: np.ndarray | None  # uint8 (n,), places in `classes`
    classes: tuple[str, ...]  # names; empty without labels
    notes: tuple[str, ...]  # what was read, converted and left out


def read_images(path: Path, part: Part = "train", wishes: Wishes | None = None) -> Images:
    """Return the images and labels at a path; nothing read is unpickled or run.

    Args:
        path: A file or a folder: see docs/data.md.
        part: The training or the test images.
        wishes: Conversions to make.

    Raises:
        UserError: If there are no such images. It names the file, what it holds and what is
            expected.
    """
    wishes = wishes or Wishes()
    shown = printable(path, 150)
    with reading(path, "file of images"):
        content = _read(path, part, wishes)
        count, most = len(np.atleast_1d(content.images)), limits.MOST_IMAGES
        if count > most:
            raise UserError(f"{shown} holds {count:,} images; at most {most:,} are read.")
        images, notes = as_images(content.images, shown, wishes)
        if content.labels is None:
            return Images(images, None, (), (*content.notes, *notes))
        labels, classes = as_labels(content.labels, len(images), shown, content.names)
        return Images(images, labels, classes, (*content.notes, *notes))


def read_pictures_of(path: Path, wishes: Wishes | None = None) -> Images:
    """Return the images of a single picture, or of a file or folder as `read_images` reads them.

    Args:
        path: A picture, or anything of docs/data.md.
        wishes: Conversions to make.

    Raises:
        UserError: As for `read_images`.
    """
    if path.suffix.lower() not in SUFFIXES or path.is_dir():
        return read_images(path, wishes=wishes)
    if not path.exists():
        raise UserError(f"There is no {printable(path, 150)}.")
    wishes = wishes or Wishes()
    reader, shown = Reader(wishes), printable(path, 150)
    picture = reader.read(path, shown)
    if picture is None:
        raise UserError(f"{shown} is damaged or no picture.")
    images, notes = as_images(picture[None], shown, wishes)
    return Images(images, None, (), (*reader.notes(), *notes))


def _read(path: Path, part: Part, wishes: Wishes) -> Content:
    """Return what a path holds, as it is stored."""
    kind, files = kind_of_data(path), [path]
    notes: tuple[str, ...] = ()
    if kind == "folder":
        found = look(path, part)
        if not found.files:
            return read_pictures(path, found, wishes)
        files, kind = found.files, kind_of_data(found.files[0])
        name = printable(files[0].relative_to(path))
        notes = (*found.notes, f"file {name}")
    content = read_parquet(files, wishes) if kind == "parquet" else _READERS[kind](files[0], part)
    return content._replace(notes=(*notes, *content.notes))
