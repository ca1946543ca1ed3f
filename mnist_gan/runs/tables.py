"""CSV text in and out."""

import csv
import io
import math
from collections.abc import Mapping, Sequence
from contextlib import suppress

from mnist_gan.runs.records import Row


def csv_text(rows: Sequence[Mapping[str, object]]) -> str:
    """Return rows as CSV text, with a column for each key of any row."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def finite_rows(text: str) -> list[Row]:
    """Return the rows of CSV text, without fields that are not finite numbers.

    Raises:
        ValueError: Where it is not CSV.
    """
    try:
        return [_finite_numbers(row) for row in csv.DictReader(io.StringIO(text))]
    except csv.Error as error:
        raise ValueError(str(error)) from None


def _finite_numbers(texts: Mapping[str, str]) -> Row:
    """Return the fields of a row that hold a finite number."""
    row = {}
    for key, text in texts.items():
        with suppress(ValueError, TypeError):  # empty, not a number, or more fields than columns
            row[key] = float(text)
    return {key: value for key, value in row.items() if math.isfinite(value)}
