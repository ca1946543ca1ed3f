"""CSV text in and out."""

import csv
import io
from collections.abc import Mapping, Sequence

from mnist_gan.runs.records import LARGEST_VALUE, MOST_EPOCHS, MOST_SECONDS, Row

MOST_COLUMNS, MOST_FIELDS = 200, 2_000_000
LIMITS = {"epoch": MOST_EPOCHS, "step": 1e15, "seconds": MOST_SECONDS}  # from 0; others have a sign


def csv_text(rows: Sequence[Mapping[str, object]]) -> str:
    """Return rows as CSV text, with a column for each key of any row."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def rows_of(text: str) -> list[Row]:
    """Return the rows of CSV text that holds numbers; an empty field is left out.

    Raises:
        ValueError, csv.Error: Where it is no such table, or too large.
    """
    lines = csv.reader(io.StringIO(text), strict=True)
    columns = next(lines, [])
    if len(columns) > MOST_COLUMNS or len(set(columns)) != len(columns):
        raise ValueError("the columns are too many, or have a name twice")
    rows, count = list[Row](), 0
    for line in lines:
        count += len(line)
        if count > MOST_FIELDS or len(rows) > MOST_EPOCHS:
            raise ValueError("there are too many rows")
        if line:
            named = zip(columns, line, strict=True)
            rows.append({key: float(field) for key, field in named if field})
    check_rows(rows)
    return rows


def check_rows(rows: Sequence[Row]) -> None:
    """Raise ValueError where rows are too many, or a number is not finite or out of its range."""
    if len(rows) > MOST_EPOCHS:
        raise ValueError(f"more than {MOST_EPOCHS:,} rows")
    for row in rows:
        for key, value in row.items():
            low = 0 if key in LIMITS else -LARGEST_VALUE
            if not low <= value <= LIMITS.get(key, LARGEST_VALUE):  # False for NaN, too
                raise ValueError(f"{key} is out of range")
