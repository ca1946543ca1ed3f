"""The real images with which generated ones are compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mnist_gan.data.sources import ALL_DIGITS, Dataset, load_data, load_mnist
from mnist_gan.evaluation.baselines import REAL, SAMPLES, Values, calibration
from mnist_gan.evaluation.metrics import FEWEST
from mnist_gan.runs import RunFolder
from mnist_gan.support.console import Work
from mnist_gan.support.errors import UserError
from mnist_gan.support.units import counted

if TYPE_CHECKING:
    from mnist_gan.evaluation.references import Reference

CLASSIFYING = 60  # percent of the time of an evaluation, in which classifiers see the images


class RealDigits(NamedTuple):
    """Real digits, before any classifier has seen them."""

    name: str
    asked: tuple[int, ...]  # the classes that were to be learned
    mnist: tuple[np.ndarray, np.ndarray] | None  # training and test images, where they are at hand
    images: np.ndarray | None  # (n, 784) to compare with; None: MNIST's test images
    others: np.ndarray | None  # (m, 784) of the same kind, likewise

    @property
    def n(self) -> int:
        """How many images are compared with."""
        if self.images is None or self.others is None:
            return SAMPLES
        return min(len(self.images), len(self.others), SAMPLES)


class Baseline(NamedTuple):
    """What an evaluation compares with."""

    reference: Reference
    values: Values  # what evaluation says of other real digits of the kind
    measured: Mapping[str, Values]  # what was measured on MNIST; empty for other digits


def real_digits(run: RunFolder | None, source: str | None) -> RealDigits:
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


def baseline(real: RealDigits) -> Baseline:
    """Return what the classifiers see in real digits; TensorFlow must have been started."""
    from mnist_gan.evaluation.references import look, mnist_reference, reference_of

    if real.images is None or real.others is None:
        measured = calibration()
        return Baseline(mnist_reference(), measured[REAL], measured)
    reference = reference_of(look(real.images[: real.n]))
    return Baseline(reference, measure(real.others[: real.n], reference, "real digit"), {})


def measure(
    images: np.ndarray,
    reference: Reference,
    what: str,
    mnist: tuple[np.ndarray, np.ndarray] | None = None,
    asked: np.ndarray | None = None,
) -> Values:
    """Return all values of images (n, 784), showing progress."""
    from mnist_gan.evaluation.values import CLASSIFIED, COUNT, evaluate

    values: Values = {}
    with Work(f"evaluating {counted(len(images), what)}", 100, "%") as work:

        def show(seen: int) -> None:
            work.advance(CLASSIFYING * seen / (CLASSIFIED * len(images)))

        for name, value in evaluate(images, reference, mnist, asked, show):
            values[name] = value
            work.advance((100 - CLASSIFYING) / COUNT)
    return values


def _of_run(run: RunFolder) -> RealDigits:
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
    name = "the 10,000 test images of MNIST"
    return RealDigits(name, asked, load_mnist(source), None, None)


def _halves(dataset: Dataset, asked: tuple[int, ...]) -> RealDigits:
    """Return one half of the images to compare with, and the other half."""
    _refuse_few(dataset, 2 * FEWEST)
    half = min(SAMPLES, len(dataset.images) // 2)
    order = np.random.default_rng(0).permutation(len(dataset.images))
    parts = (dataset.images[order[:half]], dataset.images[order[half : 2 * half]])
    return RealDigits(f"{half:,} images of {dataset.source}", asked, None, *parts)


def _held_out(dataset: Dataset, held_out: np.ndarray, asked: tuple[int, ...]) -> RealDigits:
    """Return the images held out to compare with, and the others."""
    _refuse_few(dataset, FEWEST)
    name = f"the {len(held_out):,} images held out of {dataset.source}"
    return RealDigits(name, asked, None, held_out, dataset.images)


def _refuse_few(dataset: Dataset, fewest: int) -> None:
    """Refuse data of which too few images remain to compare with."""
    if len(dataset.images) < fewest:
        beside = "" if dataset.held_out is None else " beside those held out"
        raise UserError(
            f"{dataset.source} holds {counted(len(dataset.images), 'image')}{beside}; at least "
            f"{fewest:,} are needed to compare with."
        )
