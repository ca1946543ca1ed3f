"""Draw the digits of which a judge is least, middling and most sure.

    python scripts/draw_extremes.py docs/images/confidence.png
    python scripts/draw_extremes.py extremes.png --model outputs/0001-tutorial/generator.keras

Of 10,000 digits of a generator, the bundled one unless another is named; each with the judge's
guess and how sure it is.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

sys.path.insert(0, str(Path(__file__).parents[1]))

from mnist_gan.data.images import to_uint8
from mnist_gan.sampling.sampler import open_generator, sample
from mnist_gan.support.assets import asset
from mnist_gan.support.files import whole_file
from mnist_gan.support.runtime import start_backend

COUNT, SHOWN = 10_000, 12


def main() -> None:
    """Judge the digits and draw some."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("output", type=Path, help="a .png")
    parser.add_argument("--model", default=asset("generator.keras"), help="a .keras file")
    options = parser.parse_args()
    start_backend()
    from mnist_gan.evaluation.classifiers import Classifier

    images = sample(open_generator(options.model), COUNT)
    seen = Classifier()(images)
    order = np.argsort(seen.confidence, kind="stable")
    middle = COUNT // 2
    rows = {
        "least sure": order[:SHOWN],
        "middling": order[middle : middle + SHOWN],
        "most sure": order[-SHOWN:],
    }
    figure = Figure(figsize=(SHOWN * 0.8, len(rows) * 1.15), layout="constrained")
    for row, (title, chosen) in zip(figure.subplots(len(rows), SHOWN), rows.items(), strict=True):
        for axes, index in zip(row, chosen, strict=True):
            axes.imshow(255 - to_uint8(images[index])[0], cmap="gray", vmin=0, vmax=255)
            axes.set_xticks([], [])
            axes.set_yticks([], [])
            axes.spines[:].set_visible(False)
            label = f"{seen.digits[index]}: {seen.confidence[index]:.0%}"
            axes.set_xlabel(label, fontsize="small")
        row[0].set_ylabel(title)
    with whole_file(options.output) as temporary:
        figure.savefig(temporary, format="png", dpi=100)


if __name__ == "__main__":
    main()
