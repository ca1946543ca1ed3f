"""Draw the five components of a GAN: what flows where, and which network stands still.

python scripts/draw_components.py docs/images/lab-components.png
"""

import argparse
import sys
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

sys.path.insert(0, str(Path(__file__).parents[1]))

from mnist_gan.lab.colours import DISCRIMINATOR, GENERATED, GREY, PURPLE, REAL
from mnist_gan.pages.plots import write_figure

WIDTH, HEIGHT = 2.2, 1.0  # of a box
PLACES = {"noise": (0, 0), "G": (3.4, 0), "data": (3.4, 2.2), "D": (7.4, 1.1), "loss": (10.6, 1.1)}


def main() -> None:
    """Draw both updates side by side."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("output", type=Path, help="a .png")
    options = parser.parse_args()
    figure = Figure(figsize=(13, 3.5), layout="constrained")
    figure.suptitle("5  The training loop: the two updates, in turns", fontsize="large")
    left, right = figure.subplots(1, 2)
    _update_of_d(left)
    _update_of_g(right)
    for axes in (left, right):
        axes.set_xlim(-1.3, 11.9)
        axes.set_ylim(-1.5, 2.9)
        axes.set_aspect("equal")
        axes.axis("off")
    write_figure(options.output, figure)


def _update_of_d(axes: Axes) -> None:
    """Draw the update of D: it sees real and fake samples, and only D changes."""
    axes.set_title("Update of D: only D changes", fontsize="medium")
    _box(axes, "data", "1  real data", REAL)
    _box(axes, "noise", "2  noise", GREY)
    _box(axes, "G", "3  generator G\nstands still", GENERATED, still=True)
    _box(axes, "D", "4  discriminator D\nlearns", DISCRIMINATOR)
    _box(axes, "loss", "loss of D", PURPLE)
    _flow(axes, "noise", "G", "z")
    _flow(axes, "G", "D", "fake,\nlabel 0", shift=(0.1, -0.95))
    _flow(axes, "data", "D", "real,\nlabel 1", shift=(0.25, 0.45))
    _flow(axes, "D", "loss", "D(x)")
    _gradient(axes, "loss", "D")
    axes.text(8.6, -1.1, "dashed: the gradient, which ends at D", color=PURPLE, ha="center")


def _update_of_g(axes: Axes) -> None:
    """Draw the update of G: the gradient passes D, which stands still, and changes G."""
    axes.set_title("Update of G: only G changes, and no real data are seen", fontsize="medium")
    _box(axes, "noise", "2  noise", GREY)
    _box(axes, "G", "3  generator G\nlearns", GENERATED)
    _box(axes, "D", "4  discriminator D\nstands still", DISCRIMINATOR, still=True)
    _box(axes, "loss", "loss of G", PURPLE)
    _flow(axes, "noise", "G", "z")
    _flow(axes, "G", "D", "fake,\nlabel 1", shift=(-0.45, 0.5))
    _flow(axes, "D", "loss", "D(x)")
    _gradient(axes, "loss", "D")
    _gradient(axes, "D", "G")
    axes.text(8.6, -1.1, "dashed: the gradient, through D to G", color=PURPLE, ha="center")


def _box(axes: Axes, name: str, text: str, colour: str, *, still: bool = False) -> None:
    """Draw a component; one that stands still is dotted and pale."""
    x, y = PLACES[name]
    style = {"facecolor": colour, "alpha": 0.1 if still else 0.3, "lw": 0}
    for look in (style, {"facecolor": "none", "edgecolor": colour, "ls": ":" if still else "-"}):
        corner = x - WIDTH / 2, y - HEIGHT / 2
        axes.add_patch(FancyBboxPatch(corner, WIDTH, HEIGHT, "round,pad=0.1", **look))
    axes.text(x, y, text, ha="center", va="center", fontsize="small")


def _flow(
    axes: Axes, begin: str, end: str, text: str, shift: tuple[float, float] = (0, 0.25)
) -> None:
    """Draw an arrow of data from one box to the right to the next, with a word at its middle."""
    (x, y), (to_x, to_y) = PLACES[begin], PLACES[end]
    first, last = (x + WIDTH / 2 + 0.15, y), (to_x - WIDTH / 2 - 0.15, to_y)
    axes.annotate("", last, first, arrowprops={"arrowstyle": "->", "lw": 1.3})
    middle = (first[0] + last[0]) / 2 + shift[0], (first[1] + last[1]) / 2 + shift[1]
    axes.text(*middle, text, ha="center", va="center", fontsize="small")


def _gradient(axes: Axes, begin: str, end: str) -> None:
    """Draw the dashed arrow of a gradient from one box back to another, below both."""
    (x, y), (to_x, to_y) = PLACES[begin], PLACES[end]
    first, last = (x, y - HEIGHT / 2 - 0.15), (to_x + 0.3, to_y - HEIGHT / 2 - 0.15)
    arrow = {"arrowstyle": "->", "ls": "--", "color": PURPLE, "lw": 1.3}
    axes.annotate("", last, first, arrowprops={**arrow, "connectionstyle": "arc3,rad=-0.35"})


if __name__ == "__main__":
    main()
