"""The figure of the experiment: one row for each tip."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

from mnist_gan.lab.colours import GREY
from mnist_gan.lab.tips.model import (
    BASELINE,
    VARIANTS,
    Outcome,
    distances,
    mean_and_std,
)
from mnist_gan.pages.plots import PURPLE, write_figure


def write_tips(path: Path, outcomes: Sequence[Outcome]) -> None:
    """Plot the Fréchet distances of all trainings, with mean and standard deviation per variant.

    Args:
        path: PNG to write.
        outcomes: Results of trainings.
    """
    variants = [name for name in VARIANTS if distances(outcomes, name)]
    figure = Figure(figsize=(8, 1.5 + 0.45 * len(variants)), layout="constrained")
    axes = figure.subplots()
    for y, variant in enumerate(variants):
        colour = GREY if variant == BASELINE else PURPLE
        found = distances(outcomes, variant)
        axes.plot(found, [y] * len(found), "o", color=colour, alpha=0.5, markersize=5)
        if len(found) > 1:
            mean, std = mean_and_std(found)
            axes.errorbar(mean, y, xerr=std, fmt="|", color=colour, capsize=4)
            if variant == BASELINE:
                axes.axvspan(mean - std, mean + std, color=GREY, alpha=0.12, lw=0)
    names = [VARIANTS[variant].change for variant in variants]
    axes.set_yticks(range(len(variants)), names)
    axes.set_ylim(len(variants) - 0.5, -0.5)
    axes.set_title(
        f"{VARIANTS[BASELINE].change.capitalize()} (grey), and with one change each (purple)",
        fontsize="medium",
    )
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel(
        "Fréchet distance on a logarithmic scale (lower is better)\n"
        "dots: trainings, bars: ± 1 standard deviation"
    )
    axes.spines[["top", "right"]].set_visible(False)
    write_figure(path, figure)
