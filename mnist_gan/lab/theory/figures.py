"""The figures of the experiment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.ndimage import gaussian_filter1d
from scipy.special import expit

from mnist_gan.lab.theory.model import LEAST, Normal
from mnist_gan.pages.plots import BLUE, GREEN, ORANGE, write_figure

if TYPE_CHECKING:
    from mnist_gan.lab.theory.pointwise import Scene

ARROWS = 21  # from noise to samples in a panel of the game
SMOOTH = 0.15  # deviation of the normal density that smooths G's in a panel of the game

Columns = Mapping[str, np.ndarray]  # what a figure shows, by the names of its CSV


def write_discriminator(path: Path, shown: Columns, p: Normal, q: Normal) -> None:
    """Write a trained D beside the best one, over both densities."""
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    x = shown["x"]
    axes.fill_between(x, shown["p"], color=BLUE, alpha=0.25, lw=0, label=f"real: {p}")
    axes.fill_between(x, shown["q"], color=ORANGE, alpha=0.25, lw=0, label=f"generated: {q}")
    axes.plot(x, shown["trained"], color=GREEN, lw=2.5, label="D, trained")
    axes.plot(x, shown["best"], "k--", lw=1, label="D* = p / (p + q)")
    axes.set_xlabel("x")
    axes.set_ylabel("density; D(x)")
    axes.set_xlim(x[0], x[-1])
    axes.set_ylim(0, 1.05)
    _finish(path, figure)


def write_value(path: Path, shown: Columns, trained: Columns) -> None:
    """Write the value of the game against the gap of the densities, and what D was trained to."""
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    axes.plot(shown["gap"], shown["value"], color=BLUE, lw=2.5, label="V(D*, G)")
    axes.plot(shown["gap"], shown["theory"], "k--", lw=1, label="-log 4 + 2 JSD")
    axes.plot(trained["gap"], trained["value"], "o", color=GREEN, label="V(D, G), D trained")
    for level, text in ((LEAST, "-log 4: equal densities"), (0.0, "0: no overlap")):
        axes.axhline(level, color="grey", lw=0.8, ls=":")
        axes.annotate(
            text,
            (shown["gap"][-1], level),
            (0, 4),
            ha="right",
            fontsize="small",
            color="grey",
            textcoords="offset points",
        )
    axes.set_xlabel("gap between the means of real and generated density")
    axes.set_ylabel("value of the game")
    axes.set_ylim(LEAST - 0.1, 0.15)
    _finish(path, figure)


def write_divergences(path: Path, shown: Columns) -> None:
    """Write KL in both directions and JSD against the gap of the densities."""
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.plot(shown["gap"], shown["kl_pq"], color=BLUE, label="KL(p ‖ q)")
    left.plot(shown["gap"], shown["kl_qp"], color=ORANGE, label="KL(q ‖ p)")
    left.plot(shown["gap"], shown["jsd"], color=GREEN, label="JSD")
    left.set_title("KL grows without bound, and depends on the order", fontsize="medium")
    right.plot(shown["gap"], shown["jsd"], color=GREEN, label="JSD")
    right.axhline(np.log(2), color="grey", lw=0.8, ls=":", label="log 2")
    right.set_title("JSD ends at log 2: no slope to follow", fontsize="medium")
    for axes in (left, right):
        axes.set_xlabel("gap between the means")
        axes.set_ylim(bottom=0)
    _finish(path, figure)


def write_gradients(path: Path, shown: Columns) -> None:
    """Write the slopes of both generator losses against D(G(z))."""
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    names = {"minimax": "log(1 - D): saturating", "non_saturating": "-log D: non-saturating"}
    for (name, label), colour in zip(names.items(), (ORANGE, BLUE), strict=True):
        left.plot(shown["logit"], shown[f"{name}_loss"], color=colour, label=label)
        right.plot(shown["logit"], -shown[f"{name}_slope"], color=colour, label=label)
    left.set_title("loss of G", fontsize="medium")
    right.set_title("how hard a fake is pushed (minus the slope)", fontsize="medium")
    probabilities = np.array([0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999])
    for axes in (left, right):
        axes.set_xticks(
            np.log(probabilities / (1 - probabilities)), [f"{p:g}" for p in probabilities]
        )
        axes.set_xlabel("D(G(z)), evenly in its logit")
    _finish(path, figure)


def write_game(path: Path, p: Normal, x: np.ndarray, scenes: Sequence[Scene]) -> None:
    """Write figure 1 of the paper from a real game: both densities, D, and the map from noise."""
    figure = Figure(figsize=(12, 4), layout="constrained")
    grid = figure.subplots(2, len(scenes), sharex=True, sharey="row", height_ratios=(3, 1))
    for (above, below), scene, letter in zip(grid.T, scenes, "abcd", strict=True):
        _densities(above, p, x, scene)
        above.tick_params(labelbottom=True)
        above.set_title(f"({letter}) {scene.caption}", fontsize="medium")
        _arrows(below, x, scene.samples)
    grid[0, 0].set_ylabel("density; D(x)")
    handles, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, frameon=False, loc="outside lower center", ncols=5)
    write_figure(path, figure)


def density(samples: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return the density (n,) of samples at equally spaced x (n,), smoothed over SMOOTH."""
    step = x[1] - x[0]
    edges = np.append(x - step / 2, x[-1] + step / 2)
    heights = np.histogram(samples, edges)[0] / (len(samples) * step)
    return gaussian_filter1d(heights, SMOOTH / step, mode="constant")


def _densities(axes: Axes, p: Normal, x: np.ndarray, scene: Scene) -> None:
    """Draw the data's density, the samples', and D."""
    real, generated = np.exp(p.log_density(x)), density(scene.samples, x)
    axes.plot(x, real, "k--", lw=1, label=f"real: {p}")
    axes.plot(x, generated, color=ORANGE, lw=2, label="generated")
    axes.plot(x, expit(scene.logits), color=BLUE, lw=2, label="D")
    axes.plot(x, real / (real + generated), color=BLUE, lw=1, ls="--", label="the best D")
    axes.axhline(0.5, color="grey", lw=0.8, ls=":", label="1/2")
    axes.set_ylim(0, max(1.2, axes.get_ylim()[1], 1.05 * generated.max()))  # shared by all
    axes.spines[["top", "right"]].set_visible(False)


def _arrows(axes: Axes, x: np.ndarray, samples: np.ndarray) -> None:
    """Draw where noise at equal steps, on the lower line, goes on the upper one."""
    middle, width = (x[0] + x[-1]) / 2, x[-1] - x[0]
    noise = middle + np.linspace(-0.3, 0.3, ARROWS) * width
    for begin, end in zip(noise, samples[:: (len(samples) - 1) // (ARROWS - 1)], strict=False):
        arrow = {"arrowstyle": "->", "color": ORANGE, "lw": 0.7}
        axes.annotate("", (end, 1), (begin, 0), arrowprops=arrow, annotation_clip=False)
    for level, text in ((1, "x"), (0, "z")):
        axes.axhline(level, color="black", lw=0.8)
        axes.text(1.02, level, text, va="center", transform=axes.get_yaxis_transform())
    axes.set_ylim(-0.05, 1.05)
    axes.axis("off")


def _finish(path: Path, figure: Figure) -> None:
    """Write a figure whose panels all have a legend and no box."""
    for axes in figure.axes:
        axes.legend(frameon=False, fontsize="small")
        axes.spines[["top", "right"]].set_visible(False)
    write_figure(path, figure)
