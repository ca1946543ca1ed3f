"""The figures of the experiment, with their numbers as CSV."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import StepPatch
from matplotlib.text import Text

from mnist_gan.data.images import write_film
from mnist_gan.lab.colours import GENERATED, REAL
from mnist_gan.lab.gaussian.densities import NAMES, Result, Row, Target, edges, missed
from mnist_gan.pages.plots import rendered, write_figure

MARGIN = 0.3  # standard deviations around the target that are always in view
NARROWEST = 6  # inches of the panel, so that its title fits
FRAME, LAST = 150, 2000  # milliseconds for which a film shows each frame, and the last one
MOMENTS = {
    "mean": "mean",
    "std": "standard deviation",
    "skew": "skew",
    "kurtosis": "excess kurtosis",
}


class Histogram(NamedTuple):
    """A histogram in a plot, and the mark of its height where it is cut off at the top."""

    patch: StepPatch
    mark: Text
    limit: float  # of the plot

    def show(self, shares: np.ndarray, borders: np.ndarray) -> None:
        """Draw other samples.

        Args:
            shares: Shares (BINS,) of the samples.
            borders: Edges (BINS + 1,) of the bins.
        """
        heights = shares / np.diff(borders)
        self.patch.set_data(heights)
        highest = heights.max()
        self.mark.set_text(f"↑ {highest:.2g}" if highest > self.limit else "")
        self.mark.set_x(borders[heights.argmax() + 1])


def write_density(path: Path, result: Result, target: Target) -> None:
    """Plot the target's density and a histogram of the last samples.

    Args:
        path: PNG to write.
        result: Result of a training.
        target: The density that was learned.
    """
    figure, _ = _density(result, target)
    write_figure(path, figure)


def write_density_film(path: Path, result: Result, target: Target) -> None:
    """Animate the histogram of the samples, one frame for each evaluation.

    Args:
        path: GIF to write.
        result: Result of a training.
        target: The density that was learned.
    """
    figure, drawn = _density(result, target)
    frames = []
    for row, shares in zip(result.history, result.histograms, strict=True):
        drawn.show(shares, edges(target))
        figure.axes[0].set_title(_caption(row), fontsize="medium")
        frames.append(rendered(figure))
    write_film(path, frames, [*[FRAME] * (len(frames) - 1), LAST])


def write_moments(path: Path, result: Result, target: Target) -> None:
    """Plot mean, standard deviation, skew and kurtosis against rounds, with the target's values.

    Args:
        path: PNG to write.
        result: Result of a training.
        target: The density that was learned.
    """
    figure, all_axes = _figure(4)
    rounds = [row["round"] for row in result.history]
    expected = target.moments
    for axes, (name, title) in zip(all_axes, MOMENTS.items(), strict=True):
        axes.plot(rounds, [row[name] for row in result.history], color=GENERATED, label="generated")
        axes.axhline(expected[name], color=REAL, linestyle="--", linewidth=1, label="target")
        axes.set_ylabel(title)
        axes.set_xlabel("round")
        low, high = axes.get_ylim()  # never so narrow that random fluctuation looks like a trend
        margin = MARGIN * (target.std if name in ("mean", "std") else 1)
        axes.set_ylim(min(low, expected[name] - margin), max(high, expected[name] + margin))
    all_axes[0].legend(frameon=False, fontsize="small")
    figure.suptitle(f"Moments of the samples while G learns {target}", fontsize="medium")
    write_figure(path, figure)


def write_panel(path: Path, results: Sequence[Result], target: Target, title: str) -> None:
    """Plot the last histograms of several trainings side by side, and which of them passed.

    Args:
        path: PNG to write.
        results: Results of the trainings.
        target: The density that was learned.
        title: Their recipe, and what came of it.
    """
    columns = min(5, len(results))
    rows = -(-len(results) // columns)
    width = max(2.2 * columns, NARROWEST)
    figure = Figure(figsize=(width, 2.1 * rows + 0.3), layout="constrained")
    figure.suptitle(title, fontsize="small")
    grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    for axes in grid.flat[len(results) :]:
        axes.set_visible(False)
    for axes, result in zip(grid.flat, results, strict=False):
        _draw(axes, result, target)
        exceeded = [NAMES[name] for name in missed(result.fit, target)]
        outcome = f"misses {', '.join(exceeded)}" if exceeded else "passes"
        axes.set_title(f"seed {result.seed}: {outcome}", fontsize="x-small")
        axes.tick_params(labelsize="x-small")
        axes.spines[["top", "right"]].set_visible(False)
    figure.supxlabel(
        f"x; blue: {target}; orange: generated; ↑: cut off at the top", fontsize="small"
    )
    figure.supylabel("density", fontsize="small")
    write_figure(path, figure)


def _figure(panels: int) -> tuple[Figure, list[Axes]]:
    """Return a figure with one panel or with four."""
    side = round(panels**0.5)
    figure = Figure(figsize=(6, 4) if side == 1 else (8, 5), layout="constrained")
    all_axes = list(figure.subplots(side, side, squeeze=False).flat)
    for axes in all_axes:
        axes.spines[["top", "right"]].set_visible(False)
    return figure, all_axes


def _density(result: Result, target: Target) -> tuple[Figure, Histogram]:
    """Return a figure of the target's density and the last samples, and its histogram."""
    figure, (axes,) = _figure(1)
    drawn = _draw(axes, result, target)
    axes.set_title(_caption(result.history[-1]), fontsize="medium")
    axes.set_xlabel("x")
    axes.set_ylabel("density")
    figure.legend(frameon=False, loc="outside lower center", ncols=2)
    return figure, drawn


def _draw(axes: Axes, result: Result, target: Target) -> Histogram:
    """Draw the target's density and a histogram of the last samples; return the histogram."""
    borders = edges(target)
    x = np.linspace(borders[0], borders[-1], 1000)
    expected = target.density(x)
    patch = axes.stairs(
        *(np.zeros(len(borders) - 1), borders),
        fill=True,
        color=GENERATED,
        alpha=0.6,
        label="generated",
    )
    axes.plot(x, expected, color=REAL, label=str(target))
    axes.set_xlim(borders[0], borders[-1])
    limit = 1.6 * float(expected.max())
    axes.set_ylim(0, limit)
    mark = axes.text(borders[0], 0.98 * limit, "", color=GENERATED, fontsize="small", va="top")
    drawn = Histogram(patch, mark, limit)
    drawn.show(result.histograms[-1], borders)
    return drawn


def _caption(row: Row) -> str:
    """Return the title of a density plot."""
    return (
        f"round {row['round']:,.0f}: mean {row['mean']:.2f}, standard deviation {row['std']:.2f}, "
        f"KS {row['ks']:.3f}"
    )
