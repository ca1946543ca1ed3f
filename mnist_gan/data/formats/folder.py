"""Images in a folder: one data file, or pictures in a subfolder for each class, at any depth."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mnist_gan.data.formats import limits
from mnist_gan.data.formats.idx import IMAGES as IDX
from mnist_gan.data.formats.limits import OTHER_PARTS, Content, Part
from mnist_gan.data.formats.pictures import SUFFIXES, Reader
from mnist_gan.data.formats.standard import Wishes
from mnist_gan.data.images import SIDE
from mnist_gan.data.locations import KINDS, TABLES
from mnist_gan.support.errors import UserError
from mnist_gan.support.text import printable, several
from mnist_gan.support.units import counted

TRAIN, TEST = (
    {"train", "training", "trainingset", "trn"},
    {"test", "testing", "testset", "t10k", "tst"},
)
HIDDEN = {"thumbs.db", "desktop.ini", "__macosx", "icon\r"}  # and all that begins with a dot
MOST_DEPTH = 20
MOST_DAMAGED = 100  # pictures, before others are expected to be damaged, too
SHARD = re.compile(r"-\d{1,6}-of-\d{1,6}$")


class Tree(NamedTuple):
    """The files below a folder."""

    files: list[tuple[str, ...]]  # their paths from the folder, sorted
    notes: list[str]


class Found(NamedTuple):
    """What a folder holds: one data file (or the shards of one), or pictures."""

    files: list[Path]  # empty for pictures
    pictures: list[tuple[str, ...]]
    notes: list[str]


def look(path: Path, part: Part) -> Found:
    """Return what of a folder is read.

    Args:
        path: The folder.
        part: The training or the test images; folders and files may be named after them.

    Raises:
        UserError: Where there is nothing to read, or more than one thing.
    """
    tree = _walk(path)
    pictures = [file for file in tree.files if Path(file[-1]).suffix.lower() in SUFFIXES]
    data = [file for file in tree.files if _is_data(file[-1])]
    idx = [file for file in data if IDX.fullmatch(file[-1])]
    chosen = _of_part(idx or ([] if pictures else data), part, tree.notes)
    if not (chosen or idx or pictures):  # one file may hold both parts
        chosen = [file for file in data if not _words(file) & (TRAIN | TEST | OTHER_PARTS)]
    if chosen:
        return Found(_one(path, chosen), [], tree.notes)
    pictures = _of_part(pictures, part, tree.notes, directories_only=True)
    if not pictures:
        what = "images" if part == "train" else "test images"
        raise UserError(f"{path} holds no {what}; data can be {KINDS}.")
    if len(pictures) > limits.MOST_IMAGES:
        raise UserError(
            f"{path} holds {len(pictures):,} images; at most {limits.MOST_IMAGES:,} are read."
        )
    return Found([], pictures, tree.notes)


def read_pictures(path: Path, found: Found, wishes: Wishes) -> Content:
    """Return the pictures of a folder; the folder in which one lies is its class.

    Args:
        path: The folder.
        found: What `look` found.
        wishes: Conversions to make.

    Raises:
        UserError: Where a picture needs a conversion that is not wished for.
    """
    classes = [_class_of(file) for file in found.pictures]
    if None in classes and any(classes):
        lone = found.pictures[classes.index(None)][-1]
        raise UserError(
            f"{path} holds pictures in folders of classes and others beside them, such as "
            f"{printable(lone)}; remove one kind."
        )
    reader, labels = Reader(wishes), list[str]()
    images = np.empty((len(classes), SIDE, SIDE), np.uint8)  # (n, 28, 28)
    for file, name in zip(found.pictures, classes, strict=True):
        whole = path.joinpath(*file)
        picture = reader.read(whole, str(whole), "/".join(file))
        if reader.damaged_count > max(MOST_DAMAGED, reader.read_count):
            raise UserError(
                f"{path} holds {counted(len(classes), 'picture')}, but most of those read first "
                "are damaged."
            )
        if picture is not None:
            images[reader.read_count - 1] = picture
            labels.append(name or "")
    if not labels:
        raise UserError(
            f"{path} holds {counted(len(classes), 'picture')}, of which none can be read."
        )
    notes = (*found.notes, *reader.notes())
    return Content(images[: len(labels)], np.array(labels) if any(classes) else None, notes)


def _class_of(file: tuple[str, ...]) -> str | None:
    """Return the class of a picture: the innermost folder that is not named after a part."""
    folders = [name for name in file[:-1] if name.lower() not in TRAIN | TEST]
    return folders[-1] if folders else None


def _walk(path: Path) -> Tree:
    """Return the files below a folder that are not hidden; links to folders are followed once."""
    files, notes, seen = list[tuple[str, ...]](), list[str](), set[str]()
    hidden, others = 0, list[str]()
    stack: list[tuple[str, ...]] = [()]
    while stack:
        inner = stack.pop()
        folder = path.joinpath(*inner)
        real = os.path.realpath(folder)
        if real in seen or len(inner) > MOST_DEPTH:
            continue
        seen.add(real)
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith(".") or entry.name.lower() in HIDDEN:
                    hidden += 1
                elif _is(entry, "dir"):
                    stack.append((*inner, entry.name))
                elif _is(entry, "file"):
                    files.append((*inner, entry.name))
                else:
                    others.append(entry.name)
                if len(files) > 2 * limits.MOST_IMAGES:
                    raise UserError(f"{path} holds more than {2 * limits.MOST_IMAGES:,} files.")
    if hidden:
        notes.append(f"{counted(hidden, 'hidden file')} skipped")
    if others:
        notes.append(f"{several(others, 1)} skipped, neither a file nor a folder")
    return Tree(sorted(files), notes)


def _is(entry: os.DirEntry[str], kind: str) -> bool:
    """Return whether an entry is a folder or a file; a link to itself is neither."""
    try:
        return entry.is_dir() if kind == "dir" else entry.is_file()
    except OSError:
        return False


def _is_data(name: str) -> bool:
    """Return whether a file holds images, judged by its name."""
    return bool(IDX.fullmatch(name)) or name.lower().endswith(TABLES)


def _words(file: tuple[str, ...], *, directories_only: bool = False) -> set[str]:
    """Return the words by which a file says to which part it belongs."""
    found = {name.lower() for name in file[:-1]}
    if not directories_only:
        found |= set(re.findall(r"t10k|[a-z]+", file[-1].lower()))
    return found


def _of_part(
    files: Sequence[tuple[str, ...]],
    part: Part,
    notes: list[str],
    *,
    directories_only: bool = False,
) -> list[tuple[str, ...]]:
    """Return the files of a part where names say so; otherwise all are for training."""
    words = {file: _words(file, directories_only=directories_only) for file in files}
    wanted, others = (TRAIN, TEST) if part == "train" else (TEST, TRAIN)
    ours = [file for file in files if words[file] & wanted]
    if ours or part == "test":
        kept = [file for file in ours if not words[file] & OTHER_PARTS]
    else:
        kept = [file for file in files if not words[file] & (others | OTHER_PARTS)]
    chosen = set(kept)
    left = [file for file in files if file not in chosen]
    if left and kept and directories_only:
        folders = sorted({file[0] for file in left if len(file) > 1})
        notes.append(f"left out: {counted(len(left), 'picture')} of {several(folders)}")
    return kept


def _one(path: Path, files: Sequence[tuple[str, ...]]) -> list[Path]:
    """Return the one data file, or the shards of one; files of the same name count once."""
    groups: dict[str, list[tuple[str, ...]]] = {}
    for file in sorted(files, key=lambda each: (len(each), each)):
        stem = re.sub(r"(\.gz|\.zip|\.parquet)$", "", file[-1].lower())
        key = SHARD.sub("", stem).replace(".idx", "-idx")
        groups.setdefault(key, []).append(file)
    if len(groups) > 1:
        names = ("/".join(group[0]) for group in groups.values())
        raise UserError(f"{path} holds several data files: {several(names)}. Name the right one.")
    (group,) = groups.values()
    shards = [file for file in group if SHARD.search(Path(file[-1]).stem)]
    return [path.joinpath(*file) for file in sorted(shards) or group[:1]]
