"""Draw what several runs had drawn after the same time of training, side by side.

    mnist-gan train --config best --set training.image_every=1 --set training.eval_samples=0
    python scripts/draw_recipes.py docs/images/recipes.png outputs/0001-best outputs/0002-dcgan

The digits are those of each run's fixed latents, as they come. Seconds are those of history.csv; a
grid is the last that was finished in time. A run shows nothing new after its end.
"""

import argparse
import sys
from itertools import accumulate
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

sys.path.insert(0, str(Path(__file__).parents[1]))

from mnist_gan.data.images import SIDE
from mnist_gan.pages.pictures import GAP, grid
from mnist_gan.runs import RunFolder
from mnist_gan.support.files import whole_file

ROWS, COLUMNS = 5, 8  # of the digits of a grid


def main() -> None:
    """Draw a row for each run and a column for each time."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("output", type=Path, help="a .png")
    parser.add_argument("runs", nargs="+", type=Path, help="folders of runs")
    parser.add_argument("--seconds", nargs="+", type=float, default=[90, 600, 2400])
    options = parser.parse_args()
    shape = len(options.runs), len(options.seconds)
    figure = Figure(figsize=(shape[1] * 3.2, shape[0] * 2.3), layout="constrained")
    for row, folder in zip(figure.subplots(*shape, squeeze=False), options.runs, strict=True):
        run = RunFolder(folder)
        shown = [finished(run, seconds) for seconds in options.seconds]
        for place, axes in enumerate(row):
            epoch, seconds = shown[place]
            axes.set_axis_off()
            if epoch and shown[place] not in shown[:place]:
                title = f"{run.config().name}, epoch {epoch}, {seconds:.0f} s"
                draw(axes, run, epoch, title)
    figure.get_layout_engine().set(wspace=0.1)
    with whole_file(options.output) as temporary:
        figure.savefig(temporary, format="png", dpi=100)


def finished(run: RunFolder, seconds: float) -> tuple[int, float]:
    """Return the last epoch with a grid that ended in time, 0 if none did, and when it did."""
    ends = [0.0, *accumulate(row["seconds"] for row in run.history())]
    in_time = [epoch for epoch in run.grid_epochs() if ends[epoch] <= seconds]
    epoch = max(in_time, default=0)
    return epoch, ends[epoch]


def draw(axes: Axes, run: RunFolder, epoch: int, title: str) -> None:
    """Draw the first digits of a grid."""
    cell = SIDE + GAP
    digits = grid(run, epoch)[: ROWS * cell, : COLUMNS * cell]
    axes.imshow(digits, cmap="gray", vmin=0, vmax=255)
    axes.set_title(title, fontsize="small")


if __name__ == "__main__":
    main()
