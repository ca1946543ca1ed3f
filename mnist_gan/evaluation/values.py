"""All metrics of a set of images, as pairs of name and value."""

from collections.abc import Callable, Iterator

import numpy as np

from mnist_gan.data.images import from_uint8, to_uint8
from mnist_gan.evaluation import metrics, neighbours
from mnist_gan.evaluation.classifiers import ARCHITECTURES
from mnist_gan.evaluation.metrics import moments
from mnist_gan.evaluation.parzen import parzen
from mnist_gan.evaluation.references import (
    OWN,
    FeatureSet,
    Reference,
    extract_features,
    project,
)
from mnist_gan.evaluation.table import CLASS, CLASSES_KL, DIGITS, METRICS, MIN_SAMPLES

COUNT = len(METRICS) + len(DIGITS) + 2  # values, about: for progress
CLASSIFIED = len(ARCHITECTURES)  # how often each image is classified
VALIDATION = slice(50_000, 51_000)  # of MNIST's training images: those of the 2014 paper


Values = Iterator[tuple[str, float]]


def evaluate(
    images: np.ndarray,
    reference: Reference,
    mnist: tuple[np.ndarray, np.ndarray] | None = None,
    labels: np.ndarray | None = None,
    progress: Callable[[int], object] | None = None,
) -> Values:
    """Yield the name and value of each metric.

    The names with `_b` or `_pixels` are second opinions: by classifier b, and in the space of
    principal components.

    Args:
        images: Generated images (n, 784) in [-1, 1], n at least MIN_SAMPLES.
        reference: Statistics of the real images.
        mnist: MNIST's training and test images, (60000, 784) and (10000, 784); without them,
            copying and the Parzen window are left out.
        labels: The digits or classes (n,) that the images were conditioned on, places among
            the names of the reference, where the generator is conditional.
        progress: Called with the size of each batch once a classifier is done with it.

    Yields:
        Name and value.

    Raises:
        TooFewError: Where there are too few generated or real images.
    """
    if len(images) < MIN_SAMPLES:
        raise metrics.TooFewError(
            f"At least {MIN_SAMPLES:,} images are needed, not {len(images):,}."
        )
    images = from_uint8(to_uint8(images))
    fake = extract_features(images, progress, reference.components, reference.classifier)
    for space in reference.moments:
        distance = metrics.frechet_distance(reference.moments[space], moments(fake.features[space]))
        yield _name("frechet_distance", space), distance
    if reference.shares is not None:
        if labels is not None:
            yield "agreement", float((fake.digits == labels).mean())
        yield from _class_metrics(fake, reference)
    for name in reference.features:
        yield from _feature_metrics(fake.features[name], reference.features[name], name)
    if mnist is not None:
        train, test = mnist
        copies = neighbours.memorisation(project(train), project(test), fake.features["pixels"])
        yield from copies._asdict().items()
        ink, train_ink, test_ink = (_ink(part) for part in (images, train[VALIDATION], test))
        likelihood = parzen(ink, train_ink, test_ink)
        yield "parzen", likelihood.mean
        yield "parzen_error", likelihood.error
        yield "parzen_sigma", likelihood.sigma


def _class_metrics(fake: FeatureSet, reference: Reference) -> Values:
    """Yield the metrics of a classifier's probabilities, and the share of each digit or class."""
    shares, probabilities = np.asarray(fake.shares), np.asarray(fake.probabilities)
    n, classes = next(iter(reference.moments.values())).n, len(shares)
    # smoothed: half an image more of each
    real_shares = (n * np.asarray(reference.shares) + 0.5) / (n + classes / 2)
    yield "score", metrics.classifier_score(probabilities)
    yield "confidence", float(probabilities.max(1).mean())
    of_digits = reference.components is None
    divergence = metrics.digit_divergence(shares, real_shares)
    yield "digit_divergence" if of_digits else CLASSES_KL, divergence
    prefix = "digit_" if of_digits else CLASS
    for name, share in zip(reference.names, shares, strict=True):
        yield f"{prefix}{name}", float(share)


def _feature_metrics(fake: np.ndarray, real: np.ndarray, classifier: str) -> Values:
    """Yield the metrics that compare generated with real features, (n, d) each."""
    yield _name("kernel_distance", classifier), metrics.kernel_distance(real, fake)
    for name, value in neighbours.precision_recall(real, fake)._asdict().items():
        yield _name(name, classifier), value
    for name, value in neighbours.density_coverage(real, fake)._asdict().items():
        yield _name(name, classifier), value


def _name(metric: str, space: str) -> str:
    """Return a metric's name in a space; for classifier "a", and for OWN, it has no suffix."""
    return metric if space in ("a", OWN) else f"{metric}_{space}"


def _ink(images: np.ndarray) -> np.ndarray:
    """Return images in [-1, 1] as ink in [0, 1]."""
    return (images + 1) / 2
