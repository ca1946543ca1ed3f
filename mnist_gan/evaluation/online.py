"""The short evaluation of a generator while it trains."""

import numpy as np

from mnist_gan.evaluation import metrics
from mnist_gan.evaluation.classifiers import Classifier, Prediction
from mnist_gan.evaluation.metrics import moments
from mnist_gan.evaluation.references import mnist_shares, mnist_training_moments

REFERENCE_IMAGES = 5000  # real images to compare with, at most, where they are not MNIST


class OnlineEvaluation:
    """A short evaluation of digits while their generator trains, with classifier "a" alone.

    It compares with MNIST's training images, not the test images, because it selects the best
    generator of a run.

    Args:
        images: Other real images (n, 784) to compare with, n at least 100; None: MNIST.
    """

    def __init__(self, images: np.ndarray | None = None) -> None:
        self._classifier = Classifier("a")
        if images is None:
            self._moments, self.shares = mnist_training_moments(), mnist_shares()
        else:
            subset = np.random.default_rng(0).permutation(len(images))[:REFERENCE_IMAGES]
            real = self._classifier(images[subset])
            self._moments, self.shares = moments(real.features), metrics.digit_shares(real.digits)

    def classify(self, images: np.ndarray) -> Prediction:
        """Return the classifier's outputs for images (n, 784)."""
        return self._classifier(images)

    def measure(self, prediction: Prediction) -> dict[str, float]:
        """Return the Fréchet distance, the digits' shares and the mean confidence."""
        shares = metrics.digit_shares(prediction.digits)
        distance = metrics.frechet_distance(self._moments, moments(prediction.features))
        return {
            "frechet_distance": distance,
            **{f"digit_{digit}": float(share) for digit, share in enumerate(shares)},
            "confidence": float(prediction.confidence.mean()),
        }
