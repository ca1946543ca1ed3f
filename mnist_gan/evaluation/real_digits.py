"""The real images with which generated ones are compared."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mnist_gan.data.sources import Dataset, load_data, load_data_of, load_mnist
from mnist_gan.evaluation.baselines import REAL, SAMPLES, Values, load_baselines
from mnist_gan.evaluation.metrics import MIN_SAMPLES
from mnist_gan.runs import RunFolder
from mnist_gan.support.console import Work
from mnist_gan.support.errors import UserError
from mnist_gan.support.units import counted

if TYPE_CHECKING:
    from mnist_gan.evaluation.references import Reference

ALL_DIGITS = tuple(range(10))
CLASSIFYING = 60  # percent of the time of an evaluation that classifiers take


class RealDigits(NamedTuple):
    """The real images of an evaluation, before they are classified."""

    name: str
    digits: tuple[int, ...]  # the classes that were to be learned
    mnist: tuple[np.ndarray, np.ndarray] | None  # training and test images, where available
    images: np.ndarray | None  # (n, 784) to compare with; None: MNIST's test images
    others: np.ndarray | None  # (m, 784) of the same kind, to measure for comparison; None likewise
    dataset: Dataset | None = None  # the data they come from, where they are not MNIST's
    are_digits: bool | None = None  # None: yet to be found out

    @property
    def n(self) -> int:
        """How many images to compare with."""
        if self.images is None or self.others is None:
            return SAMPLES
        return min(len(self.images), len(self.others), SAMPLES)


class Comparison(NamedTuple):
    """What an evaluation compares with."""

    reference: Reference
    values: Values  # metrics of other real digits of the same kind
    baselines: Mapping[str, Values]  # see `load_baselines`; empty for digits other than MNIST


def real_digits(runs: Sequence[RunFolder | None], source: str | None) -> list[RealDigits]:
    """Return the real images to compare each generator with; what several share is read once.

    Args:
        runs: The generators' runs; None for one that has none.
        source: Where the images are; None: the data that a run was trained on, else MNIST.

    Raises:
        UserError: Where the data are missing, have changed since training, or are too few.
    """
    read: dict[Hashable, RealDigits] = {}
    found = []
    for run in runs:
        key = _identity(run, source)
        if key not in read:
            read[key] = _real_digits(run, source)
        found.append(read[key])
    return found


def _identity(run: RunFolder | None, source: str | None) -> Hashable:
    """Return what is equal for two generators if they are compared with the same images."""
    if source or run is None:
        return source or "auto"
    settings, record = run.config().data, run.manifest().data
    if record.is_mnist and not settings.holdout:
        return settings.source
    return settings, record.sha256, record.are_digits


def _real_digits(run: RunFolder | None, source: str | None) -> RealDigits:
    """Return the real images to compare one generator with."""
    if run and not source:
        return _real_digits_of_run(run)
    source = source or "auto"
    if source == "auto":
        return _test_images(source, ALL_DIGITS)
    dataset = load_data(source)
    return _test_images(source, ALL_DIGITS) if dataset.is_mnist else _halves(dataset, ALL_DIGITS)


def build_comparison(real: RealDigits) -> Comparison:
    """Return the statistics and metrics of real digits; TensorFlow must have been started."""
    from mnist_gan.evaluation.components import Components
    from mnist_gan.evaluation.references import extract_features, mnist_reference, reference_of

    if real.images is None or real.others is None:
        baselines = load_baselines()
        return Comparison(mnist_reference(), baselines[REAL], baselines)
    compared = real.images[: real.n]
    components = None if _are_digits(real) else Components(compared)
    reference = reference_of(extract_features(compared, None, components), components)
    return Comparison(reference, measure(real.others[: real.n], reference, "real digit"), {})


def measure(
    images: np.ndarray,
    reference: Reference,
    noun: str,
    mnist: tuple[np.ndarray, np.ndarray] | None = None,
    labels: np.ndarray | None = None,
) -> Values:
    """Return all metrics of images, showing progress.

    Args:
        images: Images (n, 784) in [-1, 1].
        reference: Statistics of the real images.
        noun: What to call one of the images in the progress display.
        mnist: MNIST's training and test images, for the metrics that need them.
        labels: The digits (n,) that the images were conditioned on, if any.

    Returns:
        Values by name, see `values.evaluate`.
    """
    from mnist_gan.evaluation.values import CLASSIFIED, COUNT, evaluate

    values: Values = {}
    with Work(f"evaluating {counted(len(images), noun)}", 100, "%") as work:

        def progress(done: int) -> None:
            work.advance(CLASSIFYING * done / (CLASSIFIED * len(images)))

        for name, value in evaluate(images, reference, mnist, labels, progress):
            values[name] = value
            work.advance((100 - CLASSIFYING) / COUNT)
    return values


def _real_digits_of_run(run: RunFolder) -> RealDigits:
    """Return the real images for a run's data: the test images where it was trained on MNIST."""
    settings, record = run.config().data, run.manifest().data
    if record.is_mnist and not settings.holdout:
        return _test_images(settings.source, settings.digits)
    dataset = load_data_of(settings)
    if dataset.sha256 != record.sha256:
        raise UserError(
            f"{run.folder} was trained on other images than {dataset.source} holds now; restore "
            "them, or use --data to compare with other images."
        )
    if dataset.held_out is None:
        real = _halves(dataset, settings.digits)
    else:
        real = _held_out(dataset, dataset.held_out, settings.digits)
    return real._replace(are_digits=record.are_digits)


def _are_digits(real: RealDigits) -> bool:
    """Return whether MNIST's classifiers can judge some images; the backend must be running."""
    from mnist_gan.evaluation.kind import Kind

    if real.are_digits is not None or real.dataset is None:
        return real.are_digits is not False
    return Kind(real.dataset).are_digits


def _test_images(source: str, digits: tuple[int, ...]) -> RealDigits:
    """Return MNIST's test images, whose statistics are bundled."""
    name = "the 10,000 test images of MNIST"
    return RealDigits(name, digits, load_mnist(source), None, None)


def _halves(dataset: Dataset, digits: tuple[int, ...]) -> RealDigits:
    """Return one half of the images to compare with, and the other half."""
    _refuse_too_few(dataset, 2 * MIN_SAMPLES)
    half = min(SAMPLES, len(dataset.images) // 2)
    order = np.random.default_rng(0).permutation(len(dataset.images))
    parts = (dataset.images[order[:half]], dataset.images[order[half : 2 * half]])
    return RealDigits(f"{half:,} images of {dataset.source}", digits, None, *parts, dataset)


def _held_out(dataset: Dataset, held_out: np.ndarray, digits: tuple[int, ...]) -> RealDigits:
    """Return the held-out images to compare with, and the others."""
    _refuse_too_few(dataset, MIN_SAMPLES)
    name = f"the {len(held_out):,} images held out of {dataset.source}"
    return RealDigits(name, digits, None, held_out, dataset.images, dataset)


def _refuse_too_few(dataset: Dataset, needed: int) -> None:
    """Raise UserError for data with too few images to compare with."""
    if len(dataset.images) < needed:
        beside = "" if dataset.held_out is None else " beside those held out"
        raise UserError(
            f"{dataset.source} holds {counted(len(dataset.images), 'image')}{beside}; at least "
            f"{needed:,} are needed to compare with."
        )
