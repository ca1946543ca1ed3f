"""Images in CSV files: a line for each, with 784 pixels and perhaps a label."""

from __future__ import annotations

import gzip
import re
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np

from mnist_gan.data.formats import limits
from mnist_gan.data.formats.limits import PIECE, Content, Part, check_size, label_array
from mnist_gan.data.images import PIXELS
from mnist_gan.support.errors import UserError
from mnist_gan.support.reading import open_archive, open_file, reading
from mnist_gan.support.text import printable

LONGEST_LINE = 64_000  # characters: 784 numbers of 80
BLOCK = 1000  # lines read at a time
CHARACTERS = 4  # of a number, at most, with its separator
LABELS = {"label", "labels", "class", "y", "target", "digit"}  # headings
COUNTERS = {"", "id", "index", "unnamed: 0"}  # headings of columns that count the lines
ZIP, GZIP = b"PK\x03\x04", b"\x1f\x8b"  # how these files start


class Layout(NamedTuple):
    """Where the columns of a table are."""

    first: int  # column of the first pixel
    label: int | None  # column of the label
    columns: int
    separator: str
    has_header: bool


def read_csv(path: Path, part: Part) -> Content:
    """Read a table of images, plain, in gzip, or alone in a zip.

    Args:
        path: The file. Its first line may hold headings; the label is the first or the last of
            785 columns.
        part: The training or the test images; a table has training images only.

    Raises:
        UserError: If a line holds anything else.
    """
    if part == "test":
        raise UserError(f"{path} has no test images.")
    with reading(path, "table of images"), _opened(path) as file:
        lines = _lines(path, file)
        head = [line for _, line in zip(range(BLOCK), lines, strict=False)]
        if not head:
            raise UserError(f"{path} is empty.")
        layout = _layout(path, head)
        rows = _chained(head[layout.has_header :], lines)
        images, labels = _read(path, rows, layout)
    return Content(images, labels, (_described(layout),))


def _described(layout: Layout) -> str:
    """Return where labels were found."""
    if layout.label is None:
        return "no column of labels"
    return f"labels from column {layout.label + 1}"


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes] | gzip.GzipFile]:
    """Yield a table's bytes, of which there are not too many."""
    with open_file(path) as file:
        check_size(path, path.stat().st_size // CHARACTERS)
        start = file.read(4)
        file.seek(0)
        if start[:2] == GZIP:
            with gzip.open(file) as unpacked:
                yield _measured(path, unpacked)
        elif start == ZIP:
            with (
                open_archive(file, path) as archive,
                archive.open(_only_table(path, archive)) as member,
            ):
                yield _measured(path, member)
        else:
            yield file


def _measured(path: Path, file: IO[bytes] | gzip.GzipFile) -> IO[bytes] | gzip.GzipFile:
    """Return an unpacked file at its start, once all of it has been seen to be of a likely size."""
    size, packed = 0, path.stat().st_size // CHARACTERS
    while piece := file.read(PIECE):
        size += len(piece)
        check_size(path, size // CHARACTERS, packed)
    file.seek(0)
    return file


def _only_table(path: Path, archive: zipfile.ZipFile) -> str:
    """Return the name of the only CSV file in a zip."""
    names = [name for name in archive.namelist() if not name.startswith("__MACOSX/")]
    tables = [name for name in names if name.lower().endswith((".csv", ".tsv"))]
    if len(tables) != 1:
        raise UserError(
            f"{path} holds {len(tables)} CSV files, of which one is expected; unpack it and give "
            "its folder or a file."
        )
    return tables[0]


def _lines(path: Path, file: IO[bytes] | gzip.GzipFile) -> Iterator[str]:
    """Yield the lines that are not empty, checking their length and their number."""
    count = 0
    while raw := file.readline(LONGEST_LINE):
        if len(raw) >= LONGEST_LINE or b"\0" in raw:
            raise UserError(f"{path} is no table: a line is longer than any image's.")
        line = raw.decode("utf-8-sig" if not count else "utf-8", "replace").strip()
        count += 1
        if count > limits.MOST_IMAGES + 1:
            raise UserError(
                f"{path} holds more than {limits.MOST_IMAGES:,} lines, the most that are read."
            )
        if line:
            yield line.replace('"', "")


def _chained(first: list[str], rest: Iterable[str]) -> Iterator[list[str]]:
    """Yield all lines in blocks."""
    block = list(first)
    for line in rest:
        if len(block) >= BLOCK:
            yield block
            block = []
        block.append(line)
    yield block


def _layout(path: Path, lines: list[str]) -> Layout:
    """Return where the columns are, from the first lines."""
    separator = max((",", ";", "\t"), key=lines[0].count)
    heads = [each.strip() for each in lines[0].split(separator)]
    has_header = _is_header(heads)
    columns = len(heads)
    if columns == PIXELS:
        return Layout(0, None, columns, separator, has_header)
    if columns == PIXELS + 2 and has_header and heads[0].lower() in COUNTERS:
        return _with_label(path, heads, lines, Layout(1, None, columns, separator, has_header))
    if columns == PIXELS + 1:
        return _with_label(path, heads, lines, Layout(0, None, columns, separator, has_header))
    raise UserError(
        f"{path} has {columns:,} columns; expected {PIXELS} pixels, and a label first or last."
    )


def _with_label(path: Path, heads: list[str], lines: list[str], layout: Layout) -> Layout:
    """Return the layout with its label, which is the first or the last of the other columns."""
    first, last = layout.first, layout.columns - 1
    at_start = layout._replace(label=first, first=first + 1)
    at_end = layout._replace(label=last)
    if layout.has_header:
        named = [place for place in (first, last) if heads[place].lower() in LABELS]
        if len(named) == 1:
            return at_end if named == [last] else at_start
        if heads[first].lower() in COUNTERS:  # a column that counts, and no label
            return layout._replace(first=first + 1)
    split = [line.split(layout.separator) for line in lines[layout.has_header :]]
    values = [{row[place] for row in split if len(row) > place} for place in (first, last)]
    is_label = [len(value) > 1 or not _is_zero(value) for value in values]
    return at_end if is_label == [False, True] else at_start


def _is_zero(values: set[str]) -> bool:
    """Return whether a column holds black pixels only."""
    return all(re.fullmatch(r"\s*-?[01](\.0*)?\s*", value) for value in values)


def _is_header(heads: list[str]) -> bool:
    """Return whether the first line holds headings: words, or numbers that count the columns."""
    words = [head for head in heads if not _is_number(head)]
    if len(words) > 1:
        return True
    numbers = [head for head in heads if _is_number(head)]
    return numbers in (
        [str(n) for n in range(len(numbers))],
        [str(n + 1) for n in range(len(numbers))],
    )


def _is_number(text: str) -> bool:
    """Return whether text is a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def _read(
    path: Path, blocks: Iterable[list[str]], layout: Layout
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the images (n, 784) and the labels of a table's lines."""
    images, labels, line = list[np.ndarray](), list[str](), 1 + layout.has_header
    for block in blocks:
        if layout.label is not None:
            labels += [_label(each, layout) for each in block]
        images.append(_numbers(path, [_pixels(each, layout) for each in block], line, layout))
        line += len(block)
    found = np.concatenate(images)
    return found, None if layout.label is None else label_array(path, labels)


def _label(line: str, layout: Layout) -> str:
    """Return the label of a line."""
    if layout.label == layout.columns - 1:
        text = line.rpartition(layout.separator)[2]
    else:
        text = line.split(layout.separator, layout.first)[layout.first - 1]
    return re.sub(r"\.0*$", "", text.strip())


def _pixels(line: str, layout: Layout) -> str:
    """Return the pixels of a line, as text."""
    if layout.label == layout.columns - 1:
        line = line.rpartition(layout.separator)[0]
    return line.split(layout.separator, layout.first)[-1] if layout.first else line


def _numbers(path: Path, lines: list[str], line: int, layout: Layout) -> np.ndarray:
    """Return the pixels of some lines: bytes where all are whole numbers from 0 to 255."""
    for place, text in enumerate(lines, line):
        if text.count(layout.separator) != PIXELS - 1:
            columns = text.count(layout.separator) + 1 + layout.columns - PIXELS
            raise UserError(
                f"{path} has {columns:,} columns in line {place}; expected {layout.columns}."
            )
    if not lines:
        return np.empty((0, PIXELS), np.uint8)
    separator = layout.separator
    try:
        numbers = np.array(separator.join(lines).split(separator), np.float32)
    except ValueError as error:
        raise UserError(f"{path} is no table of numbers: {printable(error)}.") from None
    if numbers.min() >= 0 and numbers.max() <= 255 and (numbers == np.rint(numbers)).all():
        return numbers.reshape(-1, PIXELS).astype(np.uint8)
    return numbers.reshape(-1, PIXELS)
