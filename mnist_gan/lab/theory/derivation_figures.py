"""The figures of the derivations."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mnist_gan.lab.colours import BEST, GENERATED, GREY, OCHRE, REAL, TEAL
from mnist_gan.lab.theory.columns import Columns
from mnist_gan.lab.theory.derivations import PSIS, WEIGHTS
from mnist_gan.lab.theory.figures import finish
from mnist_gan.lab.theory.model import Normal
from mnist_gan.pages.plots import PURPLE

LOWEST = -1  # of the values at a point that are shown


def write_pointwise(path: Path, shown: Columns) -> None:
    """Plot the value of the game at one point against D's answer, with the best answer marked.

    Args:
        path: PNG to write.
        shown: Columns of `derivations.pointwise`.
    """
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    for (a, b), colour in zip(WEIGHTS, (OCHRE, TEAL, PURPLE), strict=True):
        values = shown[f"{a:g},{b:g}"]
        axes.plot(shown["y"], values, color=colour, label=f"a = {a:g}, b = {b:g}")
        _mark_cut_off(axes, shown["y"], values, colour)
        best = a / (a + b)
        highest = a * np.log(best) + b * np.log(1 - best)
        axes.plot(best, highest, "o", color=BEST)
        axes.annotate(f"{best:g}", (best, highest), (0, 6), textcoords="offset points", ha="center")
    axes.plot([], [], "o", color=BEST, label="the best answer, a / (a + b)")
    axes.set_title("At each point one answer y of D is best", fontsize="medium")
    axes.set_xlabel("y, D's answer; ↓: the curve is cut off and goes on falling")
    axes.set_ylabel("a log y + b log(1 - y)")
    axes.set_ylim(LOWEST, 0)
    finish(path, figure)


def write_contributions(path: Path, shown: Columns, p: Normal, q: Normal) -> None:
    """Plot two densities, their mean, and what each point contributes to their JSD.

    Args:
        path: PNG to write.
        shown: Columns of `derivations.contributions`.
        p: Density of real samples.
        q: Density of generated samples.
    """
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    x = shown["x"]
    left.fill_between(x, shown["p"], color=REAL, alpha=0.25, lw=0, label=f"p, real: {p}")
    left.fill_between(x, shown["q"], color=GENERATED, alpha=0.25, lw=0, label=f"q, generated: {q}")
    left.plot(x, shown["m"], color=GREY, label="m = (p + q) / 2")
    left.set_title("JSD compares each density with their mean", fontsize="medium")
    left.set_ylabel("density")
    area = float(np.trapezoid(shown["jsd"], x))
    right.fill_between(x, shown["jsd"], color=PURPLE, alpha=0.4, lw=0, label=f"area: {area:.3f}")
    right.set_title("JSD is an area: 0 where p = q", fontsize="medium")
    right.set_ylabel("(p log(p/m) + q log(q/m)) / 2")
    for axes in (left, right):
        axes.set_xlabel("x")
        axes.set_ylim(bottom=0)
    finish(path, figure)


def write_boxes(path: Path, shown: Columns) -> None:
    """Plot two boxes side by side, and their divergences against the gap.

    Args:
        path: PNG to write.
        shown: Columns of `derivations.boxes`.
    """
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    for start, colour, label in ((0.0, REAL, "p, real"), (1.5, GENERATED, "q, generated")):
        left.fill_between([start, start + 1], [1, 1], color=colour, alpha=0.4, lw=0, label=label)
    left.set_title("Boxes at a gap of 1.5 do not overlap", fontsize="medium")
    left.set_xlabel("x")
    left.set_ylabel("density")
    left.set_xlim(-0.5, 3)
    left.set_ylim(0, 1.4)
    gap = shown["gap"]
    right.plot(gap, shown["jsd"], color=PURPLE, label="JSD: flat from 1 on")
    right.plot(gap, shown["w1"], color=OCHRE, label="W1: grows with the gap")
    right.axvspan(1e-3, gap[-1], ymin=0.965, color=TEAL, lw=0, label="KL: infinite at any gap")
    right.set_title("Only W1 says how far away q is", fontsize="medium")
    right.set_xlabel("gap")
    right.set_ylabel("divergence, nats; W1")
    right.set_xlim(0, gap[-1])
    right.set_ylim(0, 3.2)
    finish(path, figure)


def write_convexity(
    path: Path, values: Columns, fixed: Columns, paths: Mapping[str, Columns]
) -> None:
    """Plot why the game is not convex: C(G), V by G's number for fixed D, and paths of descent.

    Args:
        path: PNG to write.
        values: Columns gap and value, of C(G) against the gap of two densities.
        fixed: Columns of `derivations.fixed_discriminators`.
        paths: Columns of `derivations.path` by their label: without and with a penalty.
    """
    figure = Figure(figsize=(12, 4), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    _both_sides(left, values)
    for psi, colour in zip(PSIS, (TEAL, OCHRE, PURPLE), strict=True):
        middle.plot(fixed["theta"], fixed[f"psi {psi:g}"], color=colour, label=f"psi = {psi:g}")
    middle.set_title("What G minimises against a fixed D: concave", fontsize="medium")
    middle.set_xlabel("theta, G's number")
    middle.set_ylabel("log(1 - D(theta)), nats")
    for (label, points), colour in zip(paths.items(), (OCHRE, TEAL), strict=True):
        right.plot(points["theta"], points["psi"], color=colour, lw=1, label=label)
    right.plot(1, 0, "o", color=GREY, label="start")
    right.plot(0, 0, "+", color=BEST, markersize=10, label="equilibrium")
    right.set_title("Descent of both goes round, and outwards", fontsize="medium")
    right.set_xlabel("theta, G's number")
    right.set_ylabel("psi, D's number")
    right.set_ylim(top=3)  # room for the legend
    finish(path, figure)


def _mark_cut_off(axes: Axes, y: np.ndarray, values: np.ndarray, colour: str) -> None:
    """Mark where a curve leaves the panel at the bottom, on its inner side."""
    shown = np.flatnonzero(values >= LOWEST)
    for end, last, inwards in ((shown[0], 0, 8), (shown[-1], len(y) - 1, -8)):
        if end != last:
            place = (y[end], LOWEST), (inwards, 3)
            axes.annotate("↓", *place, textcoords="offset points", color=colour, ha="center")


def _both_sides(axes: Axes, values: Columns) -> None:
    """Draw C(G) for gaps of either sign, and a chord below it."""
    gap = np.concatenate([-values["gap"][:0:-1], values["gap"]])
    value = np.concatenate([values["value"][:0:-1], values["value"]])
    axes.plot(gap, value, color=PURPLE, label="C(G), D the best one")
    ends = np.searchsorted(gap, [0.0, 6.0])
    axes.plot(gap[ends], value[ends], ":", color=GREY, label="a chord that lies below")
    axes.set_title("Even against the best D: not convex", fontsize="medium")
    axes.set_xlabel("gap between the means")
    axes.set_ylabel("C(G), nats")
    axes.set_ylim(top=0.5)  # room for the legend
