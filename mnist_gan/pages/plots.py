"""The curves of a training as a picture, and how every figure is written."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from mnist_gan.evaluation.table import DISCRIMINATOR, GENERATED, MEASURED, PANELS, REAL
from mnist_gan.support.files import whole_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI = 120
BLUE, ORANGE, GREEN, PURPLE = "#2563a8", "#c8551b", "#2e7d4f", "#7b4ea3"
COLOURS = {REAL: BLUE, GENERATED: ORANGE, DISCRIMINATOR: GREEN, MEASURED: PURPLE}


def write_curves(
    path: Path, rows: Sequence[Mapping[str, float]], equilibrium: Sequence[float] | None
) -> None:
    """Write the figure of `curves` as a PNG, atomically.

    Args:
        path: The file.
        rows: The history, a mapping of columns for each epoch.
        equilibrium: As for `curves`.
    """
    write_figure(path, curves(rows, equilibrium))


def curves(rows: Sequence[Mapping[str, float]], equilibrium: Sequence[float] | None) -> Figure:
    """Return the losses, scores and distances of a history as a figure.

    Args:
        rows: The history, a mapping of columns for each epoch; columns that are missing in all of
            them are not drawn.
        equilibrium: The losses of D and G at equilibrium, drawn as dashed lines; None for no lines.

    Returns:
        A matplotlib figure, one panel below the other.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    columns = {key for row in rows for key in row}
    panels = [panel for panel in PANELS if panel.is_in_figure and panel.columns[0] in columns]
    figure = Figure(figsize=(7, 2 * len(panels)), layout="constrained")
    all_axes = figure.subplots(len(panels), sharex=True, squeeze=False)[:, 0]
    for axes, panel in zip(all_axes, panels, strict=True):
        lines = zip(panel.columns, panel.names, panel.colours, strict=True)
        for index, (column, label, thing) in enumerate(lines):
            points = [(row["epoch"], row[column]) for row in rows if column in row]
            style = "o-" if len(points) < 30 else "-"
            colour = COLOURS[thing]
            axes.plot(*zip(*points, strict=True), style, color=colour, markersize=3, label=label)
            if panel.has_equilibrium and equilibrium:
                axes.axhline(equilibrium[index], color=colour, linewidth=1, linestyle="--")
        axes.set_ylabel(panel.title)
        axes.legend(frameon=False, ncols=2, fontsize="small")
        axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel("epoch; dashed: at equilibrium" if equilibrium else "epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    return figure


def write_figure(path: Path, figure: Figure) -> None:
    """Write a figure as a PNG, atomically."""
    with whole_file(path) as temporary:
        figure.savefig(temporary, format="png", dpi=DPI)


def rendered(figure: Figure) -> np.ndarray:
    """Return the picture that `write_figure` writes, uint8 (height, width, 3)."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI)
    with Image.open(buffer) as picture:
        return np.asarray(picture.convert("RGB"))
