"""Images in parquet files, as dataset hubs have them."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from itertools import compress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mnist_gan.data.formats import limits
from mnist_gan.data.formats.limits import Content, check_size, label_array
from mnist_gan.data.formats.pictures import Reader
from mnist_gan.data.formats.standard import Wishes
from mnist_gan.support.errors import UserError
from mnist_gan.support.reading import open_file, reading
from mnist_gan.support.text import several
from mnist_gan.support.units import counted, megabytes

IMAGES, LABELS = (
    ("image", "images", "img", "pixels", "x"),
    ("label", "labels", "class", "target", "y"),
)
MOST_CHUNKS = 10_000
ROWS = 20  # decoded at a time
LARGEST_BATCH = 100_000_000  # bytes of so many rows: 5 MB for a picture that is to be resized


class Layout(NamedTuple):
    """What all files of a table have in common."""

    image: str  # the column of images
    label: str | None  # that of labels
    names: tuple[str, ...]  # of the classes that labels number


def read_parquet(paths: Sequence[Path], wishes: Wishes) -> Content:
    """Read a table of images, perhaps in several files.

    Args:
        paths: The files, in order. A column `image` holds pictures as {bytes, path} or numbers, and
            a column `label` may number the classes, whose names the file may have.
        wishes: Conversions to make.

    Raises:
        UserError: Without pyarrow, or where a file is damaged or holds anything else.
    """
    try:
        import pyarrow.parquet
    except ImportError:
        raise UserError(
            f"{paths[0]} takes pyarrow; install it with: pip install pyarrow."
        ) from None
    images, labels = list[np.ndarray](), list[Any]()
    reader, layout = Reader(wishes), None
    size = label_size = packed = 0
    for path in paths:
        with reading(path, "table of images"), open_file(path) as opened:
            file = pyarrow.parquet.ParquetFile(opened)
            found = _layout(path, file.schema_arrow)
            if layout not in (None, found):
                raise UserError(f"{path} has other columns or classes than {paths[0].name}.")
            layout, packed = found, packed + path.stat().st_size
            _check(path, file.metadata, layout.image)
            for batch in file.iter_batches(ROWS, columns=[c for c in layout[:2] if c]):
                _check_batch(path, batch)
                cells = batch.column(layout.image).to_pylist()
                pictures, kept = _images(cells, f"{path.name} row", reader)
                images.append(pictures)
                size += pictures.nbytes
                check_size(path, size, packed)
                if layout.label:
                    column = batch.column(layout.label)
                    label_size += column.nbytes
                    check_size(path, label_size, packed)
                    labels += compress(column.to_pylist(), kept)
    if None in labels:
        raise UserError(f"{paths[0]} lacks some labels.")
    return Content(
        np.concatenate([each for each in images if len(each)] or [np.empty((0, 28, 28), np.uint8)]),
        label_array(paths[0], labels) if layout and layout.label else None,
        tuple(reader.notes()),
        layout.names if layout else (),
    )


def _layout(path: Path, schema: Any) -> Layout:
    """Return the columns of images and labels, and the names of the classes."""
    image, label = (_column(schema.names, wanted) for wanted in (IMAGES, LABELS))
    if image is None:
        raise UserError(
            f"{path} has columns {several(schema.names)}; expected image and perhaps label."
        )
    return Layout(image, label, _names(schema.metadata or {}, label))


def _check(path: Path, metadata: Any, image: str) -> None:
    """Raise UserError for a file with too many rows, bytes or numbers of images."""
    if metadata.num_rows > limits.MOST_IMAGES or metadata.num_row_groups > MOST_CHUNKS:
        raise UserError(
            f"{path} holds {metadata.num_rows:,} rows; at most {limits.MOST_IMAGES:,} are read."
        )
    groups = [metadata.row_group(index) for index in range(metadata.num_row_groups)]
    chunks = [group.column(index) for group in groups for index in range(group.num_columns)]
    values = sum(
        chunk.num_values for chunk in chunks if chunk.path_in_schema.split(".")[0] == image
    )
    size = sum(group.total_byte_size for group in groups)  # encoded; a value may take less
    check_size(path, max(size, values), path.stat().st_size)


def _check_batch(path: Path, batch: Any) -> None:
    """Raise UserError for rows that decoded to more than any images."""
    if batch.nbytes > LARGEST_BATCH:
        raise UserError(
            f"{path} has {counted(batch.num_rows, 'row')} of {megabytes(batch.nbytes)}; at most "
            f"{megabytes(LARGEST_BATCH)} are read at a time."
        )


def _column(names: Sequence[str], wanted: Sequence[str]) -> str | None:
    """Return the first column with one of some usual names."""
    return next((name for want in wanted for name in names if name.lower() == want), None)


def _names(metadata: dict[bytes, bytes], column: str | None) -> tuple[str, ...]:
    """Return the names of the classes that a hub's file may have."""
    try:
        info = json.loads(metadata.get(b"huggingface", b"{}"))
        names = info["info"]["features"][column]["names"]
        return tuple(names) if all(isinstance(each, str) for each in names) else ()
    except (KeyError, TypeError, ValueError):
        return ()


def _images(cells: Sequence[Any], place: str, reader: Reader) -> tuple[np.ndarray, Sequence[bool]]:
    """Return the pictures or numbers of some cells, and for each cell whether it is among them."""
    if cells and all(isinstance(cell, dict) for cell in cells):
        cells = [cell.get("bytes") for cell in cells]
    if cells and all(isinstance(cell, bytes) for cell in cells):
        found = [reader.read(io.BytesIO(cell), place) for cell in cells]
        kept = [each is not None for each in found]
        return np.array(list(compress(found, kept))), kept
    array = np.array(cells)
    is_bytes = array.dtype.kind in "iu" and array.size and 0 <= array.min() <= array.max() <= 255
    return array.astype(np.uint8) if is_bytes else array, [True] * len(cells)
