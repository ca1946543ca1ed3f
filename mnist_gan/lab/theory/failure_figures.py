"""The figures of games that fail."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.special import expit

from mnist_gan.lab.colours import DISCRIMINATOR, GENERATED, REAL
from mnist_gan.lab.theory.failures import (
    LINE_DATA,
    MODES,
    Ending,
    Scatter,
    modes_drawn,
    ring,
)
from mnist_gan.lab.theory.model import heights
from mnist_gan.pages.plots import write_figure

HIGHEST = 2.2  # of the densities shown; higher ones are cut off and marked
REAL_POINTS = 1000  # of the ring
SIDE = 3  # of the plane that is shown, from the middle


def write_imbalance(path: Path, x: np.ndarray, endings: Sequence[Ending]) -> None:
    """Plot the end of each game on the line above its losses.

    Args:
        path: PNG to write.
        x: Equally spaced points (n,).
        endings: With D's logits at `x`.
    """
    figure = Figure(figsize=(12, 6), layout="constrained")
    grid = figure.subplots(2, len(endings), sharey="row", squeeze=False)
    for (above, below), ending in zip(grid.T, endings, strict=True):
        _end(above, x, ending)
        steps = [row["step"] for row in ending.history]
        lines = (("discriminator", DISCRIMINATOR, 4), ("generator", GENERATED, 1.5))
        for place, (who, colour, width) in enumerate(lines):  # the narrow line lies on the wide one
            losses = [row[f"{who}_loss"] for row in ending.history]
            name = who[0].upper()
            below.plot(steps, losses, color=colour, lw=width, label=f"loss of {name}")
            below.axhline(
                ending.equilibrium[place],
                color=colour,
                lw=1.2,
                ls=(4 * place, (4, 4)),  # where both are equal, the dashes take turns
                label=f"{name} at equilibrium",
            )
        below.set_xlabel("step")
        above.set_ylabel("density; D(x)")
        below.set_ylabel("loss, nats")
        for axes in (above, below):
            axes.spines[["top", "right"]].set_visible(False)
            axes.tick_params(labelleft=True)
    for axes in grid[:, 0]:
        axes.legend(frameon=False, fontsize="small")
    write_figure(path, figure)


def write_collapse(path: Path, rows: Sequence[Sequence[Scatter]]) -> None:
    """Plot real and generated samples on the plane, a row for each game.

    Args:
        path: PNG to write.
        rows: The scatters of each game.
    """
    figure = Figure(figsize=(12, 7), layout="constrained")
    grid = figure.subplots(len(rows), len(rows[0]), sharex=True, sharey=True, squeeze=False)
    real = ring(0, REAL_POINTS)
    for line, scatters in zip(grid, rows, strict=True):
        for axes, scatter in zip(line, scatters, strict=True):
            axes.plot(*real.T, ".", color=REAL, markersize=2, alpha=0.5, label="real")
            points = scatter.samples[::4]
            axes.plot(*points.T, ".", color=GENERATED, markersize=2, label="generated")
            axes.set_aspect("equal")
            axes.set_xlim(-SIDE, SIDE)
            axes.set_ylim(-SIDE, SIDE)
            axes.set_xlabel("x")
            axes.set_ylabel("y")
            axes.tick_params(labelbottom=True, labelleft=True)
            _tell_outside(axes, scatter.samples)
            drawn = modes_drawn(scatter.samples)
            losses = "losses: D {:.2f}, G {:.2f}".format(*scatter.losses)
            axes.set_title(
                f"step {scatter.step}: {drawn} of {MODES} modes\n{losses}", fontsize="small"
            )
        line[0].set_ylabel(f"{scatters[0].caption}\ny")
    handles, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(
        *(handles, labels), frameon=False, loc="outside lower center", ncols=2, markerscale=4
    )
    write_figure(path, figure)


def _tell_outside(axes: Axes, samples: np.ndarray) -> None:
    """Write how many of the samples (n, 2) are not shown."""
    outside = (np.abs(samples) > SIDE).any(axis=1).mean()
    if outside >= 0.005:
        box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1.5}
        text = f"{outside:.0%} beyond {SIDE}".replace("%", " %")
        axes.text(
            *(0.98, 0.03, text),
            color=GENERATED,
            fontsize="small",
            ha="right",
            transform=axes.transAxes,
            bbox=box,
        )


def _end(axes: Axes, x: np.ndarray, ending: Ending) -> None:
    """Draw densities and D; a spike that is cut off names its height."""
    axes.fill_between(
        *(x, np.exp(LINE_DATA.log_density(x))), color=REAL, alpha=0.25, lw=0, label="real"
    )
    step = x[1] - x[0]
    edges = np.append(x - step / 2, x[-1] + step / 2)
    drawn = heights(ending.samples, x)
    axes.stairs(drawn, edges, fill=True, color=GENERATED, alpha=0.6, label="generated")
    axes.plot(x, expit(ending.logits), color=DISCRIMINATOR, lw=2, label="D")
    if drawn.max() > HIGHEST:
        axes.annotate(
            f"↑ up to {drawn.max():.0f}",
            *((x[drawn.argmax()], HIGHEST), (6, -12)),
            textcoords="offset points",
            color=GENERATED,
        )
    axes.set_title(ending.caption, fontsize="medium")
    axes.set_xlabel("x")
    axes.set_ylim(0, HIGHEST)
