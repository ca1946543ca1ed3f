"""Features and statistics of real digits."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from mnist_gan.data.images import from_uint8, to_uint8
from mnist_gan.evaluation.classifiers import ARCHITECTURES, Classifier
from mnist_gan.evaluation.metrics import Moments, digit_shares, moments
from mnist_gan.support.assets import HASHES, arrays
from mnist_gan.support.errors import UserError

SPACES = (*ARCHITECTURES, "pixels")  # in which distances are taken: the judges' and PCA's


class View(NamedTuple):
    """What is seen of n images: their features by space, and the first judge's verdicts."""

    features: Mapping[str, np.ndarray]  # (n, d) for each of SPACES
    probabilities: np.ndarray  # (n, 10)

    @property
    def digits(self) -> np.ndarray:
        """The likeliest digit (n,) of each image."""
        return self.probabilities.argmax(1)


class Reference(NamedTuple):
    """What real images look like, in numbers."""

    moments: Mapping[str, Moments]  # for each of SPACES
    features: Mapping[str, np.ndarray]  # (n, d) for each judge
    shares: np.ndarray  # (10,) of the digits


def look(images: np.ndarray, show: Callable[[int], object] | None = None) -> View:
    """Return what the judges see in images (n, 784) in [-1, 1], clipped and rounded to bytes.

    `show` is told how many images a judge has just seen.
    """
    judgements = {name: Classifier(name)(images, show) for name in ARCHITECTURES}
    features = {name: judgement.features for name, judgement in judgements.items()}
    return View({**features, "pixels": project(images)}, judgements["a"].probabilities)


def project(images: np.ndarray) -> np.ndarray:
    """Return images (n, 784) by MNIST's first 50 principal components, (n, 50): no judge needed."""
    return from_uint8(to_uint8(images)) @ arrays("reference-pixels.npz")["axes"]


def reference_of(view: View) -> Reference:
    """Return the reference that some real images make."""
    return Reference(
        {space: moments(view.features[space]) for space in SPACES},
        {judge: view.features[judge] for judge in ARCHITECTURES},
        digit_shares(view.digits),
    )


def mnist_reference() -> Reference:
    """Return the reference that MNIST's 10,000 test images make, from the package's own files."""
    stored = {space: _stored(space) for space in SPACES}
    return Reference(
        {space: _moments(stored[space], "test") for space in SPACES},
        {judge: stored[judge]["features"] for judge in ARCHITECTURES},
        stored["a"]["shares"],
    )


def mnist_training_moments() -> Moments:
    """Return the moments of MNIST's 60,000 training images, as judge "a" sees them."""
    return _moments(_stored("a"), "train")


def mnist_shares() -> np.ndarray:
    """Return the shares (10,) of the digits in MNIST, as judge "a" sees its test images."""
    return _stored("a")["shares"]


def _stored(space: str) -> dict[str, np.ndarray]:
    """Return the bundled statistics of a space. Raises UserError if they are another judge's."""
    name, judge = f"reference-{space}.npz", f"judge-{space}.npz"
    statistics = arrays(name)
    if judge in HASHES and str(statistics["judge"]) != HASHES[judge]:
        raise UserError(f"{name} was made by another classifier than {judge}; install both anew.")
    return statistics


def _moments(statistics: Mapping[str, np.ndarray], part: str) -> Moments:
    """Return the moments of MNIST's "train" or "test" images."""
    mean, covariance = statistics[f"{part}_mean"], statistics[f"{part}_covariance"]
    return Moments(mean, covariance, int(statistics[f"{part}_n"]))
