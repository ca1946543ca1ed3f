"""The figures of the experiment, with their numbers as CSV."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import StepPatch

from mnist_gan.data.images import write_film
from mnist_gan.lab.gaussian.densities import NAMES, Course, Row, Target, edges, missed
from mnist_gan.pages.plots import BLUE, ORANGE, rendered, write_figure

NEAR = 0.3  # deviations of the target that are always in view
FRAME, LAST = 150, 2000  # milliseconds of a film's frames
MOMENTS = {"mean": "mean", "std": "deviation", "skew": "skew", "kurtosis": "excess kurtosis"}


def write_density(path: Path, course: Course, target: Target) -> None:
    """Write the target's density and that of the last samples as a PNG."""
    figure, _ = _density(course, target)
    write_figure(path, figure)


def write_density_film(path: Path, course: Course, target: Target) -> None:
    """Write the density of the samples as training goes, a frame for each look."""
    figure, drawn = _density(course, target)
    frames = []
    for row, shares in zip(course.rows, course.histograms, strict=True):
        drawn.set_data(shares / np.diff(edges(target)))
        figure.axes[0].set_title(_caption(row), fontsize="medium")
        frames.append(rendered(figure))
    write_film(path, frames, [*[FRAME] * (len(frames) - 1), LAST])


def write_moments(path: Path, course: Course, target: Target) -> None:
    """Write mean, deviation, skew and kurtosis against rounds, with the target's as lines."""
    figure, all_axes = _figure(4)
    rounds = [row["round"] for row in course.rows]
    wished = target.moments
    for axes, (name, title) in zip(all_axes, MOMENTS.items(), strict=True):
        axes.plot(rounds, [row[name] for row in course.rows], color=ORANGE, label="generated")
        axes.axhline(wished[name], color=BLUE, linestyle="--", linewidth=1, label="target")
        axes.set_title(title, fontsize="medium")
        axes.set_xlabel("round")
        low, high = axes.get_ylim()  # never so near that chance looks like a course
        near = NEAR * (target.std if name in ("mean", "std") else 1)
        axes.set_ylim(min(low, wished[name] - near), max(high, wished[name] + near))
    all_axes[0].legend(frameon=False, fontsize="small")
    write_figure(path, figure)


def write_panel(path: Path, courses: Sequence[Course], target: Target) -> None:
    """Write the last densities of several runs side by side, and which of them succeeded."""
    columns = min(5, len(courses))
    rows = -(-len(courses) // columns)
    figure = Figure(figsize=(2.2 * columns, 2.1 * rows), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    for axes in grid.flat[len(courses) :]:
        axes.set_visible(False)
    for axes, course in zip(grid.flat, courses, strict=False):
        _draw(axes, course, target)
        wanting = [NAMES[name] for name in missed(course.fit, target)]
        outcome = f"misses {', '.join(wanting)}" if wanting else "passes"
        axes.set_title(f"seed {course.seed}: {outcome}", fontsize="x-small")
        axes.tick_params(labelsize="x-small")
        axes.spines[["top", "right"]].set_visible(False)
    figure.supxlabel(f"blue: {target}; orange: generated", fontsize="small")
    write_figure(path, figure)


def _figure(panels: int) -> tuple[Figure, list[Axes]]:
    """Return a figure of one panel or of four."""
    side = round(panels**0.5)
    figure = Figure(figsize=(6, 4) if side == 1 else (8, 5), layout="constrained")
    all_axes = list(figure.subplots(side, side, squeeze=False).flat)
    for axes in all_axes:
        axes.spines[["top", "right"]].set_visible(False)
    return figure, all_axes


def _density(course: Course, target: Target) -> tuple[Figure, StepPatch]:
    """Return a figure of the target's density and the last samples', and the latter alone."""
    figure, (axes,) = _figure(1)
    drawn = _draw(axes, course, target)
    axes.set_title(_caption(course.rows[-1]), fontsize="medium")
    figure.legend(frameon=False, loc="outside lower center", ncols=2)
    return figure, drawn


def _draw(axes: Axes, course: Course, target: Target) -> StepPatch:
    """Draw the target's density, and the last samples' as a histogram, which is returned."""
    borders = edges(target)
    x = np.linspace(borders[0], borders[-1], 1000)
    wished = target.density(x)
    heights = course.histograms[-1] / np.diff(borders)
    drawn = axes.stairs(heights, borders, fill=True, color=ORANGE, alpha=0.6, label="generated")
    axes.plot(x, wished, color=BLUE, label=str(target))
    axes.set_xlim(borders[0], borders[-1])
    axes.set_ylim(0, 1.6 * wished.max())
    return drawn


def _caption(row: Row) -> str:
    """Return what stands above the densities at one look."""
    return (
        f"round {row['round']:,.0f}: mean {row['mean']:.2f}, deviation {row['std']:.2f}, "
        f"KS {row['ks']:.3f}"
    )
