"""The real images with which generated ones are compared."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mnist_gan.config.schema import SOURCES
from mnist_gan.data.sources import Dataset, load_data, load_data_of, load_mnist
from mnist_gan.evaluation.baselines import REAL, Values, load_baselines
from mnist_gan.evaluation.table import MIN_SAMPLES, SAMPLES
from mnist_gan.runs import RunFolder
from mnist_gan.support.console import Work
from mnist_gan.support.errors import UserError
from mnist_gan.support.text import printable
from mnist_gan.support.units import counted

if TYPE_CHECKING:
    from mnist_gan.evaluation.own_classifier import OwnClassifier
    from mnist_gan.evaluation.references import Reference

ALL_DIGITS = tuple(range(10))
CLASSIFYING = 60  # percent of the time of an evaluation that classifiers take


class RealDigits(NamedTuple):
    """The real images of an evaluation, before they are classified."""

    name: str
    digits: tuple[int, ...]  # those that were to be learned
    mnist: tuple[np.ndarray, np.ndarray] | None  # training and test images, where available
    images: np.ndarray | None  # (n, 784) to compare with; None: MNIST's test images
    others: np.ndarray | None  # (m, 784) of the same kind, to measure for comparison; None likewise
    dataset: Dataset | None = None  # the data they come from, where they are not MNIST's
    apart: np.ndarray | None = None  # (m,) places of the others in these data
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
    values: Values  # metrics of other real images of the same kind
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
    if run is None or source in SOURCES:
        return source or "auto"
    settings, record = run.config().data, run.manifest().data
    if source:
        return source, settings.model_copy(update={"source": source}), record.sha256
    if record.is_mnist and not settings.holdout:
        return settings.source
    return settings, record.sha256, record.are_digits


def _real_digits(run: RunFolder | None, source: str | None) -> RealDigits:
    """Return the real images to compare one generator with."""
    if run and not source:
        return _real_digits_of_run(run)
    source = source or "auto"
    if run and source not in SOURCES and (moved := _moved(run, source)):
        return _own_images(run, moved)
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
    compared, others = real.images[: real.n], real.others[: real.n]
    if _are_digits(real):
        reference = reference_of(extract_features(compared))
        return Comparison(reference, measure(others, reference, "real digit"), {})
    components, (classifier, labels) = Components(compared), _classifier(real)
    found = extract_features(compared, None, components, classifier)
    reference = reference_of(found, components, classifier)
    return Comparison(reference, measure(others, reference, "real image", None, labels), {})


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
        labels: What the images show or were conditioned on (n,), places among the names of the
            reference, if known.

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
    place, which = printable(settings.source), f"of SHA-256 {record.sha256[:8]}"
    if settings.source not in SOURCES and not Path(settings.source).exists():
        raise UserError(
            f"The images of {printable(run.folder)} are no longer at {place}; add --data NEW, "
            f"where they are now ({which}), or where others to compare with are."
        )
    dataset = load_data_of(settings)
    if dataset.sha256 != record.sha256:
        raise UserError(
            f"{printable(run.folder)} was trained on other images than {place} holds now; add "
            f"--data NEW, where they are now ({which}), or where others to compare with are."
        )
    return _own_images(run, dataset)


def _moved(run: RunFolder, source: str) -> Dataset | None:
    """Return the images that a run was trained on from another place, None if others are there."""
    settings, record = run.config().data, run.manifest().data
    if record.is_mnist and not settings.holdout:
        return None  # compared with MNIST's test images
    try:
        dataset = load_data_of(settings.model_copy(update={"source": source}))
    except UserError:  # the run's classes or conversions do not fit these images
        return None
    return dataset if dataset.sha256 == record.sha256 else None


def _own_images(run: RunFolder, dataset: Dataset) -> RealDigits:
    """Return the real images of a run from the data that it was trained on."""
    digits = run.config().data.digits
    if dataset.held_out is None:
        real = _halves(dataset, digits)
    else:
        real = _held_out(dataset, dataset.held_out, digits)
    if not run.config().training.eval_samples:
        return real  # nobody has looked yet whether they are digits
    return real._replace(are_digits=run.manifest().data.are_digits)


def _are_digits(real: RealDigits) -> bool:
    """Return whether MNIST's classifiers can judge some images; the backend must be running."""
    from mnist_gan.evaluation.kind import Kind

    if real.are_digits is not None or real.dataset is None:
        return real.are_digits is not False
    return Kind(real.dataset).are_digits


def _classifier(real: RealDigits) -> tuple[OwnClassifier | None, np.ndarray | None]:
    """Return a classifier of the images' own classes, and the labels of the others among these."""
    from mnist_gan.evaluation.own_classifier import own_classifier

    if real.dataset is None or real.apart is None or real.dataset.labels is None:
        return None, None
    apart = real.apart[: real.n]
    classifier = own_classifier(real.dataset, apart)
    if classifier is None:
        return None, None
    labels = real.dataset.labels[apart]
    return classifier, labels_among(classifier.names, real.dataset.classes, labels)


def labels_among(
    known: Sequence[str], names: Sequence[str], labels: np.ndarray
) -> np.ndarray | None:
    """Return labels (n,), places among some names, as places among the known names.

    Args:
        known: The names among which the places are to be.
        names: What the labels stand for.
        labels: Places among these names.

    Returns:
        The places (n,); None where a name is not known.
    """
    places = {name: place for place, name in enumerate(known)}
    found = np.array([places.get(name, -1) for name in names], int)[labels]
    return None if (found < 0).any() else found


def _test_images(source: str, digits: tuple[int, ...]) -> RealDigits:
    """Return MNIST's test images, whose statistics are bundled."""
    name = "the 10,000 test images of MNIST"
    return RealDigits(name, digits, load_mnist(source), None, None)


def _halves(dataset: Dataset, digits: tuple[int, ...]) -> RealDigits:
    """Return one half of the images to compare with, and the other half."""
    _refuse_too_few(dataset, 2 * MIN_SAMPLES)
    half = min(SAMPLES, len(dataset.images) // 2)
    order = np.random.default_rng(0).permutation(len(dataset.images))
    apart = order[half : 2 * half]
    parts = (dataset.images[order[:half]], dataset.images[apart])
    name = f"{half:,} images of {dataset.source}"
    return RealDigits(name, digits, None, *parts, dataset, apart)


def _held_out(dataset: Dataset, held_out: np.ndarray, digits: tuple[int, ...]) -> RealDigits:
    """Return the held-out images to compare with, and the others."""
    _refuse_too_few(dataset, MIN_SAMPLES)
    name = f"the {len(held_out):,} images held out of {dataset.source}"
    apart = np.arange(len(dataset.images))
    return RealDigits(name, digits, None, held_out, dataset.images, dataset, apart)


def _refuse_too_few(dataset: Dataset, needed: int) -> None:
    """Raise UserError for data with too few images to compare with."""
    if len(dataset.images) < needed:
        beside = "" if dataset.held_out is None else " beside those held out"
        raise UserError(
            f"{dataset.source} holds {counted(len(dataset.images), 'image')}{beside}; at least "
            f"{needed:,} are needed to compare with."
        )
