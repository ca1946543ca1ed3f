"""What generated digits are held against: MNIST's test images, images held out, or one's own.

To be imported when TensorFlow has been started.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from mnist_gan.calibration import REAL, SAMPLES, Values, calibration
from mnist_gan.data import ALL_DIGITS, Dataset, load_data, load_mnist
from mnist_gan.errors import UserError
from mnist_gan.evaluation import FEWEST, METRICS, evaluate
from mnist_gan.references import Reference, look, mnist_reference, reference_of
from mnist_gan.runs import Run
from mnist_gan.units import counted


class RealDigits(NamedTuple):
    """What generated digits are held against."""

    name: str
    n: int
    reference: Reference
    values: Values  # what evaluation says of other real digits of the kind
    mnist: tuple[np.ndarray, np.ndarray] | None  # training and test images, where they are at hand
    asked: tuple[int, ...]  # the classes that were to be learned
    measured: Mapping[str, Values]  # what was measured on MNIST; empty for other digits


def real_digits(run: Run | None, source: str | None) -> RealDigits:
    """Return what to compare with: what is asked for, else what the run was trained on.

    Raises UserError where these data are not there, are other ones by now, or are too few.
    """
    if run and not source:
        return _of_run(run)
    source = source or "auto"
    if source == "auto":
        return _test_images(source, ALL_DIGITS)
    dataset = load_data(source)
    return _test_images(source, ALL_DIGITS) if dataset.is_mnist else _halves(dataset, ALL_DIGITS)


def measure(
    images: np.ndarray,
    reference: Reference,
    what: str,
    mnist: tuple[np.ndarray, np.ndarray] | None = None,
    asked: np.ndarray | None = None,
) -> Values:
    """Return all values of images (n, 784), showing progress on a terminal."""
    values: Values = {}
    layout = "{desc} {bar} {elapsed}"
    with tqdm(total=METRICS, desc=what, disable=None, leave=False, bar_format=layout) as bar:
        for name, value in evaluate(images, reference, mnist, asked):
            values[name] = value
            bar.update()
    return values


def _of_run(run: Run) -> RealDigits:
    """Return what goes with the data of a run: the test images where it was trained on MNIST."""
    chosen, known = run.config().data, run.manifest().data
    if known.is_mnist and not chosen.holdout:
        return _test_images(chosen.source, chosen.digits)
    dataset = load_data(chosen.source, chosen.digits, chosen.holdout)
    if dataset.sha256 != known.sha256:
        raise UserError(
            f"{run.folder} was trained on other images than {dataset.source} holds now; bring "
            "them back, or name with --data what to compare with."
        )
    if dataset.held_out is None:
        return _halves(dataset, chosen.digits)
    return _held_out(dataset, dataset.held_out, chosen.digits)


def _test_images(source: str, asked: tuple[int, ...]) -> RealDigits:
    """Return MNIST's test images, of which the package knows what is to be known."""
    measured = calibration()
    name = "the 10,000 test images of MNIST"
    mnist = load_mnist(source)
    return RealDigits(name, SAMPLES, mnist_reference(), measured[REAL], mnist, asked, measured)


def _halves(dataset: Dataset, asked: tuple[int, ...]) -> RealDigits:
    """Return one half of the images as the reference, and what the other half comes to."""
    _refuse_few(dataset, 2 * FEWEST)
    half = min(SAMPLES, len(dataset.images) // 2)
    order = np.random.default_rng(0).permutation(len(dataset.images))
    parts = (dataset.images[order[:half]], dataset.images[order[half : 2 * half]])
    return _digits_of(*parts, f"{half:,} images of {dataset.source}", asked)


def _held_out(dataset: Dataset, held_out: np.ndarray, asked: tuple[int, ...]) -> RealDigits:
    """Return the images held out as the reference, and what the others come to."""
    _refuse_few(dataset, FEWEST)
    name = f"the {len(held_out):,} images held out of {dataset.source}"
    return _digits_of(held_out, dataset.images, name, asked)


def _refuse_few(dataset: Dataset, fewest: int) -> None:
    """Refuse data of which too few images remain to compare with."""
    if len(dataset.images) < fewest:
        beside = "" if dataset.held_out is None else " beside those held out"
        raise UserError(
            f"{dataset.source} holds {counted(len(dataset.images), 'image')}{beside}; at least "
            f"{fewest:,} are needed to compare with."
        )


def _digits_of(
    images: np.ndarray, others: np.ndarray, name: str, asked: tuple[int, ...]
) -> RealDigits:
    """Return images as the reference, and what as many others of their kind come to."""
    n = min(len(images), len(others), SAMPLES)
    reference = reference_of(look(images[:n]))
    values = measure(others[:n], reference, "real digits")
    return RealDigits(name, n, reference, values, None, asked, {})
