"""All runs as one page, any two of them side by side."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mnist_gan.config.loading import flat
from mnist_gan.evaluation.table import PANELS
from mnist_gan.pages import LARGEST
from mnist_gan.pages.document import render
from mnist_gan.pages.pictures import last_grid
from mnist_gan.pages.run_page import curves
from mnist_gan.runs import RunFolder, best_row, is_experiment, is_sweep, list_runs
from mnist_gan.support.errors import UserError
from mnist_gan.support.files import write_text
from mnist_gan.support.reading import is_inside, reading
from mnist_gan.support.units import counted

NAME = "index.html"
MOST_RUNS, MOST_POINTS = 100, 100  # cards with pictures; points of each of their curves
SCRIPTS = ["common.js", "charts.js", "index.js"]


def write_index(outputs: Path) -> list[str]:
    """Write the index of the runs below `outputs`; return notes on what is left out."""
    page, notes = index_page(outputs)
    write_text(outputs / NAME, page)
    return notes


def index_page(outputs: Path) -> tuple[str, list[str]]:
    """Return the index as one HTML document of less than 12 MB, and its notes.

    The newest runs come first; those after the first MOST_RUNS are only links. Each run that
    cannot be read has a note.
    """
    runs = list_runs(outputs)
    inside = [run for run in runs if is_inside(run.folder, outputs)]
    newest_first: list[RunFolder] = []
    others: list[RunFolder] = []
    for run in inside[::-1]:
        (others if is_experiment(run) else newest_first).append(run)
    notes = [
        f"{run.folder.name} is a link that leads out of {outputs.name}."
        for run in runs
        if run not in inside
    ]
    cards, details = [], []
    for run in newest_first[:MOST_RUNS]:
        try:
            with reading(run.folder, "run"):
                card, detail = _card(run)
        except UserError as error:
            notes.append(str(error))
            continue
        cards.append(card)
        details.append(detail)
    _fit(cards, details, notes)
    older = [_link(run) for run in newest_first[MOST_RUNS:]]
    sweeps = [_link(run) for run in others if is_sweep(run) and run.page.is_file()]
    experiments = [_experiment(run) for run in others if not is_sweep(run)]
    data = {"panels": [panel._asdict() for panel in PANELS], "runs": details}
    page = render(
        "index.html",
        SCRIPTS,
        data=data,
        cards=cards,
        older=older,
        sweeps=sweeps,
        experiments=experiments,
        notes=notes,
    )
    return page, notes


def _card(run: RunFolder) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the values of a run's card, and the details that a comparison shows."""
    manifest = run.manifest()
    try:
        history = run.history()
    except UserError:
        history = []
    best = best_row(history)
    card = {
        **_link(run),
        "status": manifest.status,
        "epochs": manifest.epochs,
        "distance": best["frechet_distance"] if best else None,
        "started": f"{manifest.started:%Y-%m-%d %H:%M}",
        "verdict": manifest.verdict,
        "grid": last_grid(run),
    }
    detail = {
        "name": run.folder.name,
        "epochs": manifest.epochs,
        "curves": curves(history, manifest.data.count, MOST_POINTS),
        "equilibrium": manifest.equilibrium,
        "settings": _settings(run),
    }
    return card, detail


def _experiment(run: RunFolder) -> dict[str, Any]:
    """Return the values of an experiment: its link, if it has a page, and what came of it."""
    manifest = run.manifest()
    return {
        **_link(run),
        "has_page": run.page.is_file(),
        "status": manifest.status,
        "verdict": manifest.verdict,
    }


def _link(run: RunFolder) -> dict[str, Any]:
    """Return a run's number, name and the address of its page, relative to the index."""
    name = run.folder.name
    return {
        "number": run.number,
        "name": name,
        "address": f"{quote(os.fsencode(name))}/{run.page.name}",
    }


def _settings(run: RunFolder) -> dict[str, str]:
    """Return every setting of a run by its dotted name; empty if the config is damaged."""
    try:
        return flat(run.config())
    except UserError:
        return {}


def _fit(cards: Sequence[dict[str, Any]], details: Any, notes: list[str]) -> None:
    """Drop pictures, the oldest first, until the page is small enough."""
    size = len(json.dumps(details)) + sum(len(card["grid"] or "") for card in cards)
    dropped = 0
    for card in reversed(cards):
        if size <= LARGEST:
            break
        size -= len(card["grid"] or "")
        dropped += card["grid"] is not None
        card["grid"] = None
    if dropped:
        oldest = counted(dropped, "run")
        notes.append(f"The grids of the oldest cards ({oldest}) would make the page too large.")
