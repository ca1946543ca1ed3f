"""The figures of the experiment."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from mnist_gan.data.images import SIDE, tile
from mnist_gan.evaluation.parzen import SIGMAS, Parzen
from mnist_gan.lab.colours import GENERATED, GREY, REAL
from mnist_gan.pages.plots import DPI, PURPLE, write_figure

YELLOW = (255, 205, 0)
GAP, SCALE = 6, 2  # pixels between digits, and the factor by which digits are enlarged
STRIP = 26  # pixels of the title above a picture, and of the words below it


def write_samples(path: Path, rows: np.ndarray) -> None:
    """Write rows of digits with a yellow frame around the last digit of each.

    Args:
        path: PNG to write.
        rows: Images (rows, columns, 784) in [-1, 1].
    """
    columns = rows.shape[1]
    sheet = tile(rows.reshape(-1, rows.shape[2]), columns, GAP, scale=1)
    picture = np.repeat(sheet[:, :, None], 3, axis=2)  # (height, width, 3)
    left = GAP + (columns - 1) * (SIDE + GAP)
    for row in range(len(rows)):
        top = GAP + row * (SIDE + GAP)
        outer = picture[top - 2 : top + SIDE + 2, left - 2 : left + SIDE + 2]
        inside = outer[2:-2, 2:-2].copy()
        outer[:] = YELLOW
        outer[2:-2, 2:-2] = inside
    _write_with_words(
        path,
        picture.repeat(SCALE, axis=0).repeat(SCALE, axis=1),
        "Generated digits, at random",
        "framed: the training image nearest to the digit on its left",
    )


def write_walks(path: Path, walks: np.ndarray) -> None:
    """Write walks, one in each row.

    Args:
        path: PNG to write.
        walks: Images (n, steps, 784) in [-1, 1].
    """
    steps = walks.shape[1]
    sheet = tile(walks.reshape(-1, walks.shape[2]), steps, GAP, SCALE)
    picture = np.repeat(sheet[:, :, None], 3, axis=2)
    title = "Each row: a walk between the latents of two digits"
    _write_with_words(path, picture, title, f"step of the walk, from 0 to {steps - 1}")


def _write_with_words(path: Path, picture: np.ndarray, title: str, below: str) -> None:
    """Write a picture (height, width, 3), pixel by pixel, between two lines of words."""
    height, width = picture.shape[0] + 2 * STRIP, picture.shape[1]
    half = 0.5  # of a pixel, so that no pixel is lost where the size is rounded down
    figure = Figure(figsize=((width + half) / DPI, (height + half) / DPI), dpi=DPI)
    figure.figimage(picture, 0, STRIP)
    for text, place in ((title, height - STRIP / 2), (below, STRIP / 2)):
        figure.text(0.5, place / height, text, ha="center", va="center", fontsize="medium")
    write_figure(path, figure)


def write_widths(path: Path, estimates: Mapping[str, Parzen]) -> None:
    """Plot the log-likelihood of the validation images against the width of the windows.

    Args:
        path: PNG to write.
        estimates: Parzen estimates by the name of their centres.
    """
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    # the first curve may coincide with the second, so it is thicker and drawn below
    styles = ((GENERATED, 6.0), (REAL, 1.5), (PURPLE, 1.5), (GREY, 1.5))
    for (name, found), (colour, thickness) in zip(estimates.items(), styles, strict=True):
        (curve,) = axes.plot(SIGMAS, found.curve, "o-", color=colour, markersize=3, label=name)
        curve.set_linewidth(thickness)
        best = found.curve.max()
        axes.plot(found.sigma, best, "o", color=colour, markersize=8, fillstyle="none")
    axes.set_xscale("log")
    axes.set_xticks(SIGMAS, [f"{sigma:.2f}" for sigma in SIGMAS])
    axes.minorticks_off()
    axes.set_ylim(-700, 400)  # narrow windows around few images give values far below
    axes.set_xlabel("width sigma of the windows on a logarithmic scale; rings: the best")
    axes.set_ylabel("log-likelihood of validation images, nats")
    axes.set_title("Parzen windows of ten widths; cut off below -700", fontsize="medium")
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    write_figure(path, figure)
