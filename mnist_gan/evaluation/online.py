"""The short evaluation of a generator while it trains."""

import numpy as np

from mnist_gan.evaluation import metrics
from mnist_gan.evaluation.classifiers import Classifier, Prediction
from mnist_gan.evaluation.metrics import moments
from mnist_gan.evaluation.references import mnist_shares, mnist_training_moments

CENSUS = 5000  # real images that a census looks at where they are not MNIST


class OnlineEvaluation:
    """A short look at digits while their generator trains, by the first judge alone.

    It compares with MNIST's training images, not the test images, since the best generator of a
    run is chosen by it; for other data `images` (n, 784) are looked at first, n at least 100.
    """

    def __init__(self, images: np.ndarray | None = None) -> None:
        self._judge = Classifier("a")
        if images is None:
            self._moments, self.shares = mnist_training_moments(), mnist_shares()
        else:
            some = np.random.default_rng(0).permutation(len(images))[:CENSUS]
            seen = self._judge(images[some])
            self._moments, self.shares = moments(seen.features), metrics.digit_shares(seen.digits)

    def look(self, images: np.ndarray) -> Prediction:
        """Return what the judge sees in images (n, 784)."""
        return self._judge(images)

    def measure(self, seen: Prediction) -> dict[str, float]:
        """Return the distance, the digits' shares and the mean confidence of what was seen."""
        shares = metrics.digit_shares(seen.digits)
        return {
            "frechet_distance": metrics.frechet_distance(self._moments, moments(seen.features)),
            **{f"digit_{digit}": float(share) for digit, share in enumerate(shares)},
            "confidence": float(seen.confidence.mean()),
        }
