"""Groups of runs on one page: a table, curves over each other, grids side by side."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from mnist_gan.evaluation.table import PANELS
from mnist_gan.pages import LARGEST
from mnist_gan.pages.document import render
from mnist_gan.pages.pictures import last_grid
from mnist_gan.pages.run_page import curves
from mnist_gan.runs import RunFolder
from mnist_gan.support.errors import UserError
from mnist_gan.support.units import counted

MOST_POINTS = 100  # of a curve
MOST_RUNS = 200  # with curves
GRIDS = 0.6  # share of the page that grids may take
COLUMNS = ("frechet_distance", "discriminator_loss", "generator_loss", "confidence")
SCRIPTS = ["common.js", "charts.js", "comparison.js"]


class PageGroup(NamedTuple):
    """Runs that differ in the seed only, as a page shows them."""

    label: str
    cells: Sequence[str]  # of its row of the table
    runs: Sequence[tuple[RunFolder, str]]  # with a caption for each


def comparison_page(
    title: str,
    heads: Sequence[str],
    groups: Sequence[PageGroup],
    notes: Sequence[str],
    home: Path | None,
) -> str:
    """Return the page as one HTML document.

    Args:
        title: Its title.
        heads: Headings of the table.
        groups: The groups, in order.
        notes: What was left out.
        home: The folder of the page, from which it links to the pages of runs; None for no links.
    """
    notes, left = list(notes), GRIDS * LARGEST
    shown: list[dict[str, Any]] = []
    drawn: list[dict[str, Any]] = []
    for colour, group in enumerate(groups):
        cards = []
        for run, caption in group.runs:
            grid = last_grid(run)
            left -= len(grid or "")
            cards.append(
                {"caption": caption, "grid": grid if left > 0 else None, "link": _link(run, home)}
            )
            if len(drawn) < MOST_RUNS:
                drawn.append({"group": colour, "curves": _curves(run)})
        shown.append({"label": group.label, "cells": group.cells, "runs": cards})
    if left <= 0:
        notes.append("Some grids would make the page too large.")
    count = sum(len(group.runs) for group in groups)
    if count > len(drawn):
        notes.append(f"Curves are those of the first {counted(len(drawn), 'run')}.")
    panels = _panels()
    data = {"panels": panels, "runs": drawn, "labels": [group.label for group in groups]}
    return render(
        "comparison.html",
        SCRIPTS,
        data=data,
        title=title,
        count=count,
        heads=heads,
        groups=shown,
        notes=notes,
    )


def _panels() -> list[dict[str, Any]]:
    """Return a title and a scale for each column that is drawn."""
    found = []
    for column in COLUMNS:
        panel = next(panel for panel in PANELS if column in panel.columns)
        name = panel.names[panel.columns.index(column)]
        title = panel.title if len(panel.columns) == 1 else f"{panel.title} of the {name}"
        found.append({"column": column, "title": title, "is_log": panel.is_log})
    return found


def _curves(run: RunFolder) -> dict[str, list[list[float]]]:
    """Return the curves of a run that are drawn; none where its history is damaged."""
    try:
        found = curves(run.history(), 0, MOST_POINTS)
    except UserError:
        return {}
    return {column: found[column] for column in COLUMNS if column in found}


def _link(run: RunFolder, home: Path | None) -> str | None:
    """Return the address of a run's page from the folder of this one, None where it has none."""
    if home is None or not run.page.is_file():
        return None
    return quote(os.fsencode(Path(os.path.relpath(run.page, home)).as_posix()))
