"""One run as a page: grids, curves, single digits, playground.

Longer than other modules, since everything on a run's page is collected here.
"""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from mnist_gan.data.formats.standard import DIGITS as DIGIT_NAMES
from mnist_gan.evaluation.table import PANELS
from mnist_gan.pages import LARGEST
from mnist_gan.pages.document import render
from mnist_gan.pages.pictures import data_address, grid, nearest
from mnist_gan.pages.playground import fits, noun_of, playground
from mnist_gan.runs import TRAIN, Cells, Manifest, Row, RunFolder, best_row, generator_epoch
from mnist_gan.sampling.numpy_generator import NumpyGenerator
from mnist_gan.sampling.sampler import open_generator
from mnist_gan.support.errors import UserError
from mnist_gan.support.files import write_text
from mnist_gan.support.reading import is_inside
from mnist_gan.support.text import several
from mnist_gan.support.units import counted, duration

T = TypeVar("T")

DIGITS = 100  # in a grid
MOST_GRIDS, FEWEST_GRIDS, MOST_POINTS = 120, 4, 400  # in a page; more are thinned evenly
MOST_CLASSES = 30  # that are named
HUGE = 1e12  # larger numbers are not drawn
SCRIPTS = [
    *("common.js", "charts.js", "network.js"),
    *("time.js", "digit.js", "playground.js", "paper.js", "run.js"),
]


def write_run_page(run: RunFolder, *, best: bool = False) -> None:
    """Write the run's page.html.

    Args:
        run: The run.
        best: Whether the playground has the best generator instead of the last.

    Raises:
        UserError: If run.json cannot be read, or the run is an experiment.
    """
    write_text(run.page, run_page(run, best=best))


def run_page(run: RunFolder, *, linked: bool = True, best: bool = False) -> str:
    """Return the run as one HTML document of less than 12 MB.

    Other files that are missing or damaged are left out, and the page says so.

    Args:
        run: The run.
        linked: Whether the page links to the index.
        best: Whether the playground has the best generator instead of the last.

    Returns:
        The HTML.

    Raises:
        UserError: If run.json cannot be read, or the run is an experiment.
    """
    manifest, notes = run.manifest(), list[str]()
    if manifest.kind != TRAIN:
        raise UserError(f"{run.folder} is an experiment; its figures are in that folder.")
    history = _noted(notes, "The history", run.history, list[Row]())
    best_of, path = best_row(history), run.best if best else run.generator
    generator = _generator(run, path, notes)
    if manifest.epochs and not history:
        notes.append("history.csv is missing or empty.")
    noun = noun_of(manifest.data.are_digits)
    data: dict[str, Any] = {
        "noun": noun,
        "seed": manifest.seed,
        "epochs": manifest.epochs,
        "panels": [panel._asdict() for panel in PANELS],
        "curves": curves(history, manifest.data.count),
        "equilibrium": manifest.equilibrium,
        "playground": _playground(generator, manifest, notes),
    }
    room = LARGEST - len(json.dumps(data))
    commands = dict(_commands(run, manifest, best_of, is_readable=generator is not None))
    data["frames"] = _frames(run, commands, room, notes)
    return render(
        "run.html",
        SCRIPTS,
        data=data,
        noun=noun,
        name=run.folder.name,
        manifest=manifest,
        best=best_of,
        played={"which": "best" if best else "last", "epoch": generator_epoch(run, path)},
        evaluation=_noted(notes, "The evaluation", run.evaluation, None),
        facts=list(_facts(run, manifest, history)),
        config=_noted(notes, "The config", run.config_text, ""),
        repeat=f"mnist-gan train --config {_quoted(run.folder / 'config.yaml')}",
        notes=notes,
        linked=linked,
    )


def curves(
    history: Sequence[Row], images: int, most: int = MOST_POINTS
) -> dict[str, list[list[float]]]:
    """Return the epochs and values of each column of a history, thinned, and the training speed.

    Args:
        history: The history.
        images: Number of training images, from which the speed is calculated.
        most: Points of a curve, at most.

    Returns:
        The lists of epochs and values by column; columns without values are left out.
    """
    rows = [row for row in history if 0 <= row.get("epoch", -1) < HUGE]
    rows = [
        {**row, "speed": images / row["seconds"]} if row.get("seconds", 0) > 0 else row
        for row in rows
    ]
    drawn = {}
    for column in (column for panel in PANELS for column in panel.columns):
        points = [(row["epoch"], row[column]) for row in rows if abs(row.get(column, HUGE)) < HUGE]
        few = thinned(points, most)
        if few:
            drawn[column] = [
                [float(f"{value:.5g}") for value in values] for values in zip(*few, strict=True)
            ]
    return drawn


def thinned(items: Sequence[T], most: int, keep: Iterable[T] = ()) -> list[T]:
    """Return evenly spaced items, always with the first and the last.

    Args:
        items: The items, in order.
        most: Number of evenly spaced items, at most.
        keep: Items that are returned in addition, wherever they are.

    Returns:
        The items that remain, in order.

    >>> thinned(range(11), 4, keep=[7])
    [0, 3, 7, 10]
    """
    if len(items) <= most:
        return list(items)
    step = (len(items) - 1) / (most - 1)
    chosen = {round(index * step) for index in range(most)}
    kept = list(keep)
    return [item for index, item in enumerate(items) if index in chosen or item in kept]


def _frames(
    run: RunFolder, commands: Mapping[int, str], room: int, notes: list[str]
) -> list[dict[str, Any]]:
    """Return what a page shows of each grid, of fewer grids if `room` bytes are not enough."""
    epochs = run.grid_epochs()
    frames, damaged = list[dict[str, Any]](), list[str]()
    for epoch in thinned(epochs, MOST_GRIDS, commands):
        try:
            frames.append({**_frame(run, epoch), "command": commands.get(epoch)})
        except UserError as error:
            damaged.append(f"{epoch} ({error})")
    if damaged:
        which = "it is" if len(damaged) == 1 else "the first is"
        grids = counted(len(damaged), "grid")
        notes.append(f"{grids} cannot be shown; {which} of epoch {damaged[0]}.")
    while len(frames) > FEWEST_GRIDS and len(json.dumps(frames)) > room:
        kept = [frame for frame in frames if frame["command"]]
        frames = thinned(frames, max(FEWEST_GRIDS, len(frames) // 2), kept)
    if len(frames) + len(damaged) < len(epochs):
        grids = f"{len(frames)} of {counted(len(epochs), 'grid')}"
        notes.append(f"{grids} {'is' if len(frames) == 1 else 'are'} shown; images/ has them all.")
    return frames


def _frame(run: RunFolder, epoch: int) -> dict[str, Any]:
    """Return a grid with its annotations; raise UserError if it cannot be read."""
    frame: dict[str, Any] = {"epoch": epoch, "grid": data_address(grid(run, epoch))}
    cells = run.cells(epoch)
    if cells is None or not _is_complete(cells):
        return frame
    with suppress(UserError):
        frame["nearest"] = data_address(nearest(run, epoch, len(cells.nearest[0])))
    return {**frame, "cells": cells.model_dump(exclude_none=True)}


def _is_complete(cells: Cells) -> bool:
    """Return whether grid annotations, which are untrusted, have the lengths that a grid needs."""
    lists: list[Sized] = [cells.scores, cells.nearest, cells.distances]
    lists += [each for each in (cells.digits, cells.confidence) if each is not None]
    if not all(len(each) == DIGITS for each in lists):
        return False
    widths = {len(each) for each in cells.nearest} | {len(each) for each in cells.distances}
    return len(widths) == 1 and widths <= set(range(1, 11))


def _commands(
    run: RunFolder, manifest: Manifest, best: Row | None, *, is_readable: bool
) -> Iterator[tuple[int, str]]:
    """Yield the epochs whose generators are kept, and the commands that generate their digits."""
    if best and run.best.is_file():
        yield int(best["epoch"]), f"mnist-gan sample {_quoted(run.best)} --seed {manifest.seed}"
    if is_readable and manifest.status != "running":  # while running it soon changes
        yield manifest.kept_epoch, f"mnist-gan sample {_quoted(run.folder)} --seed {manifest.seed}"


def _generator(run: RunFolder, path: Path, notes: list[str]) -> NumpyGenerator | None:
    """Return one of the run's generators; None, with a note, if it is missing or damaged."""
    if not os.path.lexists(path):
        notes.append(f"There is no {path.name}, so there is no playground.")
        return None
    try:
        if not is_inside(path, run.folder):
            raise UserError(f"{path.name} is a link that leads out of the run.")
        return open_generator(path)
    except UserError as error:
        notes.append(f"No playground: {error}")
        return None


def _playground(
    generator: NumpyGenerator | None, manifest: Manifest, notes: list[str]
) -> dict[str, Any] | None:
    """Return the data of the playground; None, with a note, if the generator is too large."""
    if generator is None:
        return None
    if not fits(generator):
        notes.append(
            "There is no playground, since the generator or one of its weights is too large, or an "
            "image takes too long in a browser."
        )
        return None
    data = manifest.data
    return playground(generator, manifest.seed, DIGITS, data.classes, are_digits=data.are_digits)


def _noted(notes: list[str], name: str, read: Callable[[], T], default: T) -> T:
    """Return what `read` returns, or `default`, with a note, if the file is damaged."""
    try:
        return read()
    except UserError as error:
        notes.append(f"{name} is left out: {error}")
        return default


def _facts(run: RunFolder, manifest: Manifest, history: Sequence[Row]) -> Iterator[tuple[str, str]]:
    """Yield labels and values that describe how a run was made."""
    data = manifest.data
    of = "" if data.classes in ((), DIGIT_NAMES) else f" of {several(data.classes, MOST_CLASSES)}"
    yield "Trained on", f"{counted(data.count, 'image')}{of}, {data.source}"
    yield "SHA-256 of the images", data.sha256
    yield "Started", f"{manifest.started:%Y-%m-%d %H:%M} UTC"
    if history:
        yield "Time", duration(sum(row.get("seconds", 0) for row in history))
    yield "Seed, threads", f"{manifest.seed}, {manifest.threads}"
    yield "Versions", ", ".join(f"{name} {number}" for name, number in manifest.versions.items())
    yield "Command", shlex.join(manifest.command)


def _quoted(path: Path) -> str:
    """Return a path, quoted for a shell."""
    return shlex.quote(str(path))
