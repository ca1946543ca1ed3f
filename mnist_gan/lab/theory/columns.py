"""The numbers of a figure: columns of equal length, kept as CSV."""

from collections.abc import Mapping

import numpy as np

from mnist_gan.runs import RunFolder

Columns = Mapping[str, np.ndarray]


def write_columns(run: RunFolder, name: str, columns: Columns) -> None:
    """Write the numbers of a figure as CSV.

    Args:
        run: The run folder.
        name: Of the file, without its ending.
        columns: Columns (n,) by their names.
    """
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    run.write_table(f"{name}.csv", rows)
