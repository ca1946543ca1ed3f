"""Measure real digits, a ladder of spoilt ones and generators, all in the same way.

    python scripts/calibrate.py real ladder                        about 20 minutes
    python scripts/calibrate.py tutorial-100 a.keras b.keras c.keras
    python scripts/calibrate.py --table                            all of it, in Markdown

Needs MNIST_GAN_DATA. What is measured goes into `mnist_gan/assets/calibration.json`, a list for
each name; its hash, which is printed, belongs into `mnist_gan/support/assets.py`.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import mean, stdev

import numpy as np
from scipy import ndimage

sys.path.insert(0, str(Path(__file__).parents[1]))

from mnist_gan.data.sources import load_data, load_mnist
from mnist_gan.evaluation.baselines import BIASED, REAL, Values
from mnist_gan.support.files import write_text
from mnist_gan.support.runtime import start_backend

start_backend()

from mnist_gan.evaluation.neighbours import memorisation  # noqa: E402
from mnist_gan.evaluation.references import mnist_reference, project  # noqa: E402
from mnist_gan.evaluation.table import METRICS, SAMPLES  # noqa: E402
from mnist_gan.evaluation.values import evaluate  # noqa: E402 - started above
from mnist_gan.sampling.sampler import open_generator, sample  # noqa: E402

FILE = Path(__file__).parents[1] / "mnist_gan" / "assets" / "calibration.json"
SUBSETS = 5
LISTED = (  # columns of the table, in order
    *("frechet_distance", "frechet_distance_b", "frechet_distance_pixels", "kernel_distance"),
    *("score", "confidence", "precision", "recall", "density", "coverage"),
    *("digit_divergence", "rarest", "agreement", "c_t", "parzen"),
)
SHOWN = {metric.name: (metric.heading, metric.digits) for metric in METRICS}
SHOWN = {name: SHOWN.get(name, (name, 3)) for name in LISTED}  # heading and digits
Asked = tuple[str, np.ndarray, np.ndarray | None]  # a name, images, and digits they should show


def main() -> None:
    """Measure what is asked for, keep it, print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", help="real, ladder, or a name and its .keras files")
    parser.add_argument("--table", action="store_true", help="print what there is")
    options = parser.parse_args()
    measured: dict[str, list[Values]] = json.loads(FILE.read_text()) if FILE.exists() else {}
    if options.names:
        mnist = load_mnist()
        if mnist is None:
            sys.exit("MNIST_GAN_DATA should name MNIST, with its test images.")
        for name, images, digits in asked_for(options.names, mnist[0]):
            measured.setdefault(name, []).append(measure(images, mnist, name, digits))
            print(name, measured[name][-1], file=sys.stderr, flush=True)
        write_text(FILE, json.dumps(measured, indent=1) + "\n")
        print(f'    "{FILE.name}": "{hashlib.sha256(FILE.read_bytes()).hexdigest()}",')
    if options.table:
        print_table(measured)


def asked_for(names: list[str], train: np.ndarray) -> Iterator[Asked]:
    """Yield what is to be measured."""
    name, *files = names
    if any(file.endswith(".keras") for file in files):
        for generator in map(open_generator, files):
            digits = generator.labels(SAMPLES) if generator.classes else None
            yield name, sample(generator, SAMPLES), digits
        return
    if "real" in names:
        for images in subsets(train, SAMPLES, SUBSETS):
            yield REAL, images, None
        for images in subsets(train, BIASED, SUBSETS):
            yield f"{REAL}-{BIASED}", images, None
    if "ladder" in names:
        for rung, images in ladder(next(subsets(train, SAMPLES, 1)), train):
            yield rung, images, None


def subsets(train: np.ndarray, count: int, times: int) -> Iterator[np.ndarray]:
    """Yield some of the training images, again and again others."""
    order = np.random.default_rng(0).permutation(len(train))
    yield from (train[order[i * count : (i + 1) * count]] for i in range(times))


def ladder(images: np.ndarray, train: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Yield real images (n, 784), spoilt more and more in several ways."""
    rng = np.random.default_rng(1)
    pictures = images.reshape(-1, 28, 28)
    for noise in (0.05, 0.1, 0.2, 0.4):
        yield f"noise {noise}", np.clip(images + rng.normal(0, noise, images.shape), -1, 1)
    for width in (0.5, 1.0):
        blurred = ndimage.gaussian_filter(pictures, (0, width, width), mode="nearest")
        yield f"blur {width}", blurred.reshape(images.shape)
    for pixels in (1, 2):
        yield f"shift {pixels}", np.roll(pictures, pixels, axis=2).reshape(images.shape)
    labels = load_labels()
    for dropped in (1, 2, 5):
        kept = train[labels >= dropped]
        yield f"dropped {dropped}", kept[rng.permutation(len(kept))[: len(images)]]
    yield "1,000 repeated", np.repeat(images[:1000], 10, axis=0)
    shuffled = rng.permuted(images, axis=0)
    yield "pixels shuffled", shuffled


def load_labels() -> np.ndarray:
    """Return the labels (60000,) of MNIST's training images."""
    labels = load_data("mnist").labels
    assert labels is not None
    return labels


def measure(
    images: np.ndarray, mnist: tuple[np.ndarray, np.ndarray], name: str, digits: np.ndarray | None
) -> Values:
    """Return the values of images; of real ones, whether new ones would count as copies."""
    is_spoilt = " " in name
    values = dict(evaluate(images, mnist_reference(), None if is_spoilt else mnist, digits))
    if name.startswith(REAL):  # being training images, they would count as copies of themselves
        train, test = (project(part) for part in mnist)
        values |= memorisation(train[:50_000], test, train[50_000:])._asdict()
    return values


def print_table(measured: dict[str, list[Values]]) -> None:
    """Print a row for each name: the mean and, over several, the deviation."""
    print(f"| digits | sets | {' | '.join(heading for heading, _ in SHOWN.values())} |")
    print(f"|---|--:|{'--:|' * len(SHOWN)}")
    for name, several in measured.items():
        cells = []
        for key, (_, places) in SHOWN.items():
            numbers = [rarest(values) if key == "rarest" else values.get(key) for values in several]
            if None in numbers:
                cells.append("-")
                continue
            spread = f" ± {stdev(numbers):.{places}f}" if len(numbers) > 1 else ""
            cells.append(f"{mean(numbers):.{places}f}{spread}")
        print(f"| {name} | {len(several)} | {' | '.join(cells)} |")


def rarest(values: Values) -> float:
    """Return the share of the rarest digit."""
    return min(values[f"digit_{digit}"] for digit in range(10))


if __name__ == "__main__":
    main()
