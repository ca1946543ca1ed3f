"""The short evaluation of a generator while it trains."""

from typing import NamedTuple

import numpy as np

from mnist_gan.evaluation import metrics
from mnist_gan.evaluation.classifiers import Classifier
from mnist_gan.evaluation.components import Components
from mnist_gan.evaluation.metrics import moments
from mnist_gan.evaluation.references import mnist_shares, mnist_training_moments

REFERENCE_IMAGES = 5000  # real images to compare with, at most, where they are not MNIST


class ImageFeatures(NamedTuple):
    """The features of n images."""

    features: np.ndarray  # (n, d)
    digits: np.ndarray | None  # (n,), of which classifier "a" is most sure; None: no digits
    confidence: np.ndarray | None  # (n,), how sure it is


class OnlineEvaluation:
    """A short evaluation of images while their generator trains.

    Digits are judged by classifier "a" alone, other images by the principal components of their
    pixels. It compares with training images, not with MNIST's test images, because it selects the
    best generator of a run.

    Args:
        images: Other real images (n, 784) to compare with, n at least 100; None: MNIST.
        are_digits: Whether MNIST's classifiers can judge them.
    """

    def __init__(self, images: np.ndarray | None = None, *, are_digits: bool = True) -> None:
        self.are_digits = are_digits
        self.shares: np.ndarray | None = None  # (10,) of the real digits
        self._classifier = Classifier("a") if are_digits else None
        if images is None:
            self._moments, self.shares = mnist_training_moments(), mnist_shares()
            return
        if not are_digits:
            self._components = Components(images)
        subset = np.random.default_rng(0).permutation(len(images))[:REFERENCE_IMAGES]
        real = self.features(images[subset])
        self._moments = moments(real.features)
        if real.digits is not None:
            self.shares = metrics.digit_shares(real.digits)

    def features(self, images: np.ndarray) -> ImageFeatures:
        """Return the features of images (n, 784)."""
        if self._classifier is None:
            return ImageFeatures(self._components(images), None, None)
        prediction = self._classifier(images)
        return ImageFeatures(prediction.features, prediction.digits, prediction.confidence)

    def measure(self, found: ImageFeatures) -> dict[str, float]:
        """Return the Fréchet distance and, of digits, their shares and the mean confidence."""
        measured = {
            "frechet_distance": metrics.frechet_distance(self._moments, moments(found.features))
        }
        if found.digits is not None and found.confidence is not None:
            shares = metrics.digit_shares(found.digits)
            measured |= {f"digit_{digit}": float(share) for digit, share in enumerate(shares)}
            measured["confidence"] = float(found.confidence.mean())
        return measured
