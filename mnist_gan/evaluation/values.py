"""All metrics of a set of images, as pairs of name and value."""

from collections.abc import Callable, Iterator

import numpy as np

from mnist_gan.data.images import from_uint8, to_uint8
from mnist_gan.evaluation import metrics
from mnist_gan.evaluation.classifiers import ARCHITECTURES
from mnist_gan.evaluation.metrics import FEWEST, moments
from mnist_gan.evaluation.references import (
    SPACES,
    Reference,
    View,
    look,
    project,
)
from mnist_gan.evaluation.table import DIGITS, METRICS

COUNT = len(METRICS) + len(DIGITS) + 2  # values, about: for progress
CLASSIFIED = len(ARCHITECTURES)  # times that classifiers look at each image
VALIDATION = slice(50_000, 51_000)  # of MNIST's training images: those the 2014 paper took


Values = Iterator[tuple[str, float]]


def evaluate(
    images: np.ndarray,
    reference: Reference,
    mnist: tuple[np.ndarray, np.ndarray] | None = None,
    asked: np.ndarray | None = None,
    show: Callable[[int], object] | None = None,
) -> Values:
    """Yield the name and value of each metric of images (n, 784) in [-1, 1], n at least 1,000.

    The names with `_b` or `_pixels` are second opinions: those of the other judge, and those in
    the space of principal components. `mnist` holds MNIST's training and test images, (60000,
    784) and (10000, 784); without them there is nothing on copies and no Parzen window. `asked`
    (n,) are the digits that the images should show, where their generator was asked for some.
    `show` is told how many images a classifier has just seen.
    Raises TooFewError where the images or the real ones are too few.
    """
    if len(images) < FEWEST:
        raise metrics.TooFewError(f"At least {FEWEST:,} images are needed, not {len(images):,}.")
    images = from_uint8(to_uint8(images))
    view = look(images, show)
    for space in SPACES:
        distance = metrics.frechet_distance(reference.moments[space], moments(view.features[space]))
        yield _name("frechet_distance", space), distance
    n = reference.moments["a"].n  # half an image more of each digit, lest a stray one count as new
    if asked is not None:
        yield "agreement", float((view.digits == asked).mean())
    yield from _of_digits(view, (n * reference.shares + 0.5) / (n + 5))
    for judge in ARCHITECTURES:
        yield from _of_features(view.features[judge], reference.features[judge], judge)
    if mnist is not None:
        train, test = mnist
        copies = metrics.memorisation(project(train), project(test), view.features["pixels"])
        yield from copies._asdict().items()
        ink, train_ink, test_ink = (_ink(part) for part in (images, train[VALIDATION], test))
        likelihood = metrics.parzen(ink, train_ink, test_ink)
        yield "parzen", likelihood.mean
        yield "parzen_error", likelihood.error
        yield "parzen_sigma", likelihood.sigma


def _of_digits(view: View, real_shares: np.ndarray) -> Values:
    """Yield what the first judge says of single images, and of how often each digit occurs."""
    shares = metrics.digit_shares(view.digits)
    yield "score", metrics.classifier_score(view.probabilities)
    yield "confidence", float(view.probabilities.max(1).mean())
    yield "digit_divergence", metrics.digit_divergence(shares, real_shares)
    yield from ((f"digit_{digit}", float(share)) for digit, share in enumerate(shares))


def _of_features(fake: np.ndarray, real: np.ndarray, judge: str) -> Values:
    """Yield how the features (n, d) of generated images lie among those of real ones."""
    yield _name("kernel_distance", judge), metrics.kernel_distance(real, fake)
    for name, value in metrics.precision_recall(real, fake)._asdict().items():
        yield _name({"quality": "precision", "variety": "recall"}[name], judge), value
    for name, value in metrics.density_coverage(real, fake)._asdict().items():
        yield _name({"quality": "density", "variety": "coverage"}[name], judge), value


def _name(metric: str, space: str) -> str:
    """Return a metric's name; that of the first judge is the plain one."""
    return metric if space == "a" else f"{metric}_{space}"


def _ink(images: np.ndarray) -> np.ndarray:
    """Return images in [-1, 1] as ink in [0, 1]."""
    return (images + 1) / 2
