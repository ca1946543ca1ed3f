"""Images in parquet files, as dataset hubs have them."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mnist_gan.data.formats import limits
from mnist_gan.data.formats.limits import Content, check_size
from mnist_gan.data.formats.pictures import Reader
from mnist_gan.data.formats.standard import Wishes
from mnist_gan.support.errors import UserError
from mnist_gan.support.reading import open_file, reading
from mnist_gan.support.text import several

IMAGES, LABELS = (
    ("image", "images", "img", "pixels", "x"),
    ("label", "labels", "class", "target", "y"),
)
MOST_CHUNKS = 10_000


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
    names: tuple[str, ...] = ()
    reader, column, size = Reader(wishes), None, 0
    for path in paths:
        with reading(path, "table of images"), open_file(path) as opened:
            file = pyarrow.parquet.ParquetFile(opened)
            _check(path, file.metadata)
            image, column = (
                _column(path, file.schema_arrow.names, kind) for kind in (IMAGES, LABELS)
            )
            if image is None:
                raise UserError(
                    f"{path} has columns {several(file.schema_arrow.names)}; expected image and "
                    "perhaps label."
                )
            names = _names(file.schema_arrow.metadata or {}, column)
            for batch in file.iter_batches(1000, columns=[c for c in (image, column) if c]):
                cells = batch.column(image).to_pylist()
                images.append(_images(cells, f"{path.name} row", reader))
                size += images[-1].nbytes
                check_size(path, size, path.stat().st_size)
                labels += batch.column(column).to_pylist() if column else []
    if None in labels:
        raise UserError(f"{paths[0]} lacks some labels.")
    return Content(
        np.concatenate([each for each in images if len(each)] or [np.empty((0, 28, 28), np.uint8)]),
        np.array(labels) if column else None,
        tuple(reader.notes()),
        names,
    )


def _check(path: Path, metadata: Any) -> None:
    """Raise UserError for a file with too many rows or bytes."""
    if metadata.num_rows > limits.MOST_IMAGES or metadata.num_row_groups > MOST_CHUNKS:
        raise UserError(
            f"{path} holds {metadata.num_rows:,} rows; at most {limits.MOST_IMAGES:,} are read."
        )
    groups = [metadata.row_group(index) for index in range(metadata.num_row_groups)]
    check_size(path, sum(group.total_byte_size for group in groups), path.stat().st_size)


def _column(path: Path, names: Sequence[str], wanted: Sequence[str]) -> str | None:
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


def _images(cells: Sequence[Any], place: str, reader: Reader) -> np.ndarray:
    """Return the pictures or numbers of some cells."""
    if cells and all(isinstance(cell, dict) for cell in cells):
        cells = [cell.get("bytes") for cell in cells]
    if cells and all(isinstance(cell, bytes) for cell in cells):
        found = [reader.read(io.BytesIO(cell), place) for cell in cells]
        return np.array([each for each in found if each is not None])
    array = np.array(cells)
    is_bytes = array.dtype.kind in "iu" and array.size and 0 <= array.min() <= array.max() <= 255
    return array.astype(np.uint8) if is_bytes else array
