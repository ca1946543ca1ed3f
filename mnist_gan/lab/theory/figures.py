"""The figures of the experiment."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.ndimage import gaussian_filter1d
from scipy.special import expit

from mnist_gan.lab.colours import BEST, DISCRIMINATOR, GENERATED, OCHRE, REAL, TEAL
from mnist_gan.lab.theory.columns import Columns
from mnist_gan.lab.theory.model import MIN_VALUE, Normal, heights
from mnist_gan.noise import BOUND
from mnist_gan.pages.plots import PURPLE, write_figure

if TYPE_CHECKING:
    from mnist_gan.lab.theory.pointwise import Snapshot

ARROWS = 21  # from noise to samples in a panel of the game
SMOOTH = 0.15  # standard deviation of the kernel that smooths G's density in a panel of the game


def write_discriminator(path: Path, shown: Columns, p: Normal, q: Normal) -> None:
    """Plot a trained D and the best D over both densities.

    Args:
        path: PNG to write.
        shown: Columns x, p, q, trained and best, (n,) each.
        p: Density of real samples.
        q: Density of generated samples.
    """
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    x = shown["x"]
    axes.fill_between(x, shown["p"], color=REAL, alpha=0.25, lw=0, label=f"real: {p}")
    axes.fill_between(x, shown["q"], color=GENERATED, alpha=0.25, lw=0, label=f"generated: {q}")
    axes.plot(x, shown["trained"], color=DISCRIMINATOR, lw=2.5, label="D, trained")
    axes.plot(x, shown["best"], "--", color=BEST, lw=1, label="D* = p / (p + q)")
    axes.set_title("D, trained against a fixed generator, finds D*", fontsize="medium")
    axes.set_xlabel("x")
    axes.set_ylabel("density; D(x)")
    axes.set_xlim(x[0], x[-1])
    axes.set_ylim(0, 1.05)
    finish(path, figure)


def write_value(path: Path, shown: Columns, trained: Columns) -> None:
    """Plot the value of the game, for the best D and for trained ones, against the gap.

    Args:
        path: PNG to write.
        shown: Columns gap, value and theory, (n,) each.
        trained: Columns gap and value of trained networks, (m,) each.
    """
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    axes.plot(shown["gap"], shown["theory"], color=PURPLE, lw=4, alpha=0.4, label="-log 4 + 2 JSD")
    axes.plot(shown["gap"], shown["value"], "--", color=BEST, lw=1, label="V(D*, G)")
    axes.plot(
        *(trained["gap"], trained["value"], "o"), color=DISCRIMINATOR, label="V(D, G), D trained"
    )
    axes.set_title("The value of the game is -log 4 + 2 JSD", fontsize="medium")
    for level, text in ((MIN_VALUE, "-log 4: equal densities"), (0.0, "0: no overlap")):
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
    axes.set_ylabel("value of the game, nats")
    axes.set_ylim(MIN_VALUE - 0.1, 0.15)
    finish(path, figure)


def write_divergences(path: Path, shown: Columns) -> None:
    """Plot KL in both directions and JSD against the gap of the densities.

    Args:
        path: PNG to write.
        shown: Columns gap, kl_pq, kl_qp and jsd, (n,) each.
    """
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.plot(shown["gap"], shown["kl_pq"], color=TEAL, label="KL(p, q)")
    left.plot(shown["gap"], shown["kl_qp"], color=OCHRE, label="KL(q, p)")
    left.plot(shown["gap"], shown["jsd"], color=PURPLE, label="JSD")
    left.set_title("KL grows without bound, and depends on the order", fontsize="medium")
    right.plot(shown["gap"], shown["jsd"], color=PURPLE, label="JSD")
    right.axhline(np.log(2), color="grey", lw=0.8, ls=":", label="log 2")
    right.set_title("JSD saturates at log 2: its gradient vanishes", fontsize="medium")
    for axes in (left, right):
        axes.set_xlabel("gap between the means")
        axes.set_ylabel("divergence, nats")
        axes.set_ylim(bottom=0)
    finish(path, figure)


def write_gradients(path: Path, shown: Columns) -> None:
    """Plot both generator losses and their gradients against D(G(z)).

    Args:
        path: PNG to write.
        shown: Columns logit, and for minimax and non_saturating loss and slope, (n,) each.
    """
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    names = {"minimax": "log(1 - D): minimax", "non_saturating": "-log D: non-saturating"}
    for (name, label), colour in zip(names.items(), (OCHRE, TEAL), strict=True):
        left.plot(shown["logit"], shown[f"{name}_loss"], color=colour, label=label)
        right.plot(shown["logit"], -shown[f"{name}_slope"], color=colour, label=label)
    left.set_title("Where D recognises a fake (left), one loss is flat", fontsize="medium")
    left.set_ylabel("loss of G, nats")
    right.set_title("... and has no gradient", fontsize="medium")
    right.set_ylabel("minus the gradient by D's logit")
    probabilities = np.array([0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999])
    for axes in (left, right):
        axes.set_xticks(
            np.log(probabilities / (1 - probabilities)), [f"{p:g}" for p in probabilities]
        )
        axes.set_xlabel("D(G(z)), on a logit scale")
    finish(path, figure)


def write_game(path: Path, p: Normal, x: np.ndarray, snapshots: Sequence[Snapshot]) -> None:
    """Plot figure 1 of the paper from a real game: both densities, D, and the map from noise.

    Args:
        path: PNG to write.
        p: Density of real samples.
        x: Equally spaced points (n,).
        snapshots: One for each of four phases, with D's logits at `x`.
    """
    figure = Figure(figsize=(12, 4), layout="constrained")
    grid = figure.subplots(2, len(snapshots), sharex=True, sharey="row", height_ratios=(3, 1))
    for (above, below), snapshot, letter in zip(grid.T, snapshots, "abcd", strict=True):
        _densities(above, p, x, snapshot)
        above.tick_params(labelbottom=True, labelleft=True)
        above.set_xlabel("x")
        above.set_ylabel("density; D(x)")
        above.set_title(f"({letter}) {snapshot.caption}", fontsize="medium")
        _arrows(below, x, snapshot.samples)
    handles, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, frameon=False, loc="outside lower center", ncols=5)
    write_figure(path, figure)


def at_arrows(values: np.ndarray) -> np.ndarray:
    """Return those of values (n,) of equally spaced noise that have an arrow, (ARROWS,)."""
    return values[:: (len(values) - 1) // (ARROWS - 1)][:ARROWS]


def density(samples: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Estimate the density of samples by a histogram, smoothed by a normal kernel.

    Args:
        samples: Samples (m,).
        x: Equally spaced points (n,).

    Returns:
        Densities (n,) at `x`.
    """
    return gaussian_filter1d(heights(samples, x), SMOOTH / (x[1] - x[0]), mode="constant")


def _densities(axes: Axes, p: Normal, x: np.ndarray, snapshot: Snapshot) -> None:
    """Draw the densities of real and generated samples, and D."""
    real, generated = np.exp(p.log_density(x)), density(snapshot.samples, x)
    axes.fill_between(x, real, color=REAL, alpha=0.25, lw=0, label=f"real: {p}")
    axes.plot(x, generated, color=GENERATED, lw=2, label="generated")
    axes.plot(x, expit(snapshot.logits), color=DISCRIMINATOR, lw=2, label="D")
    axes.plot(x, real / (real + generated), "--", color=BEST, lw=1, label="D*, the best D")
    axes.axhline(0.5, color="grey", lw=0.8, ls=":", label="1/2")
    axes.set_ylim(0, max(1.2, axes.get_ylim()[1], 1.05 * generated.max()))  # shared by all
    axes.spines[["top", "right"]].set_visible(False)


def _arrows(axes: Axes, x: np.ndarray, samples: np.ndarray) -> None:
    """Draw arrows from equally spaced noise on the lower line to its samples on the upper one."""
    middle, width = (x[0] + x[-1]) / 2, x[-1] - x[0]
    noise = middle + np.linspace(-0.3, 0.3, ARROWS) * width
    for begin, end in zip(noise, at_arrows(samples), strict=True):
        arrow = {"arrowstyle": "->", "color": GENERATED, "lw": 0.7}
        axes.annotate("", (end, 1), (begin, 0), arrowprops=arrow, annotation_clip=False)
    for level, text in ((1, "x"), (0, "z")):
        axes.axhline(level, color="black", lw=0.8)
        axes.text(1.02, level, text, va="center", transform=axes.get_yaxis_transform())
    for end, value in ((noise[0], -BOUND), (noise[-1], BOUND)):
        axes.text(end, -0.06, f"{value:.2f}", ha="center", va="top", fontsize="x-small")
    axes.set_ylim(-0.3, 1.05)
    axes.axis("off")


def finish(path: Path, figure: Figure) -> None:
    """Add legends to all panels, remove their boxes, and write the figure as a PNG."""
    for axes in figure.axes:
        axes.legend(frameon=False, fontsize="small")
        axes.spines[["top", "right"]].set_visible(False)
    write_figure(path, figure)
