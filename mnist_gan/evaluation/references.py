"""Features and statistics of real digits."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from mnist_gan.data.formats.standard import DIGITS
from mnist_gan.data.images import from_uint8, to_uint8
from mnist_gan.evaluation.classifiers import ARCHITECTURES, Classifier
from mnist_gan.evaluation.components import Components
from mnist_gan.evaluation.metrics import Moments, digit_shares, moments
from mnist_gan.evaluation.own_classifier import OwnClassifier
from mnist_gan.support.assets import HASHES, arrays
from mnist_gan.support.errors import UserError

SPACES = (*ARCHITECTURES, "pixels")  # feature spaces: those of the classifiers, and PCA of pixels
OWN = "own"  # the feature space of images that are no digits: PCA of the real ones


class FeatureSet(NamedTuple):
    """The features of n images in each space, and the probabilities of their classes."""

    features: Mapping[str, np.ndarray]  # (n, d) for each of SPACES; of other images, for OWN
    # (n, classes): of digits by classifier "a", of others by their own; None: not known
    probabilities: np.ndarray | None

    @property
    def digits(self) -> np.ndarray:
        """The most probable digit or class (n,) of each image; none (0,) where none is known."""
        return np.empty(0, int) if self.probabilities is None else self.probabilities.argmax(1)

    @property
    def shares(self) -> np.ndarray | None:
        """The share (classes,) of each digit or class; None where none is known."""
        if self.probabilities is None:
            return None
        return digit_shares(self.digits, self.probabilities.shape[1])


class Reference(NamedTuple):
    """Statistics of the real images that generated ones are compared with."""

    moments: Mapping[str, Moments]  # for each of SPACES; of other images, for OWN
    features: Mapping[str, np.ndarray]  # (n, d) for each classifier, or for OWN
    shares: np.ndarray | None  # (classes,) of the digits or classes
    components: Components | None = None  # the features of images that are no digits
    classifier: OwnClassifier | None = None  # of their classes

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the digits or classes; () where none are known."""
        if self.components is None:
            return DIGITS
        return self.classifier.names if self.classifier else ()


def extract_features(
    images: np.ndarray,
    progress: Callable[[int], object] | None = None,
    components: Components | None = None,
    classifier: OwnClassifier | None = None,
) -> FeatureSet:
    """Return the features of images in each space.

    Args:
        images: Images (n, 784) in [-1, 1]; they are clipped and rounded to bytes first.
        progress: Called with the size of each batch once a classifier is done with it.
        components: The features of images that are no digits; None: these are digits.
        classifier: Of the classes of images that are no digits.

    Returns:
        The features, and the probabilities of the digits or classes.
    """
    if components:
        probabilities = classifier(images) if classifier else None
        return FeatureSet({OWN: components(images)}, probabilities)
    predictions = {name: Classifier(name)(images, progress) for name in ARCHITECTURES}
    features = {name: prediction.features for name, prediction in predictions.items()}
    return FeatureSet({**features, "pixels": project(images)}, predictions["a"].probabilities)


def project(images: np.ndarray) -> np.ndarray:
    """Return images (n, 784) projected on MNIST's first 50 principal components, (n, 50)."""
    return from_uint8(to_uint8(images)) @ arrays("reference-pixels.npz")["axes"]


def reference_of(
    real: FeatureSet,
    components: Components | None = None,
    classifier: OwnClassifier | None = None,
) -> Reference:
    """Return the statistics of some real images, with what judged them if these are no digits."""
    if components:
        spaces = {OWN: real.features[OWN]}
        return Reference({OWN: moments(spaces[OWN])}, spaces, real.shares, components, classifier)
    return Reference(
        {space: moments(real.features[space]) for space in SPACES},
        {name: real.features[name] for name in ARCHITECTURES},
        real.shares,
    )


def mnist_reference() -> Reference:
    """Return the bundled statistics of MNIST's 10,000 test images."""
    stored = {space: _stored(space) for space in SPACES}
    return Reference(
        {space: _moments(stored[space], "test") for space in SPACES},
        {name: stored[name]["features"] for name in ARCHITECTURES},
        stored["a"]["shares"],
    )


def mnist_training_moments() -> Moments:
    """Return the bundled moments of MNIST's 60,000 training images, in classifier "a"'s space."""
    return _moments(_stored("a"), "train")


def mnist_shares() -> np.ndarray:
    """Return the shares (10,) of the digits in MNIST's test images, by classifier "a"."""
    return _stored("a")["shares"]


def _stored(space: str) -> dict[str, np.ndarray]:
    """Return a space's bundled statistics. Raises UserError if another classifier made them."""
    name, classifier = f"reference-{space}.npz", f"judge-{space}.npz"
    statistics = arrays(name)
    if classifier in HASHES and str(statistics["judge"]) != HASHES[classifier]:
        raise UserError(
            f"{name} was made by another classifier than {classifier}; reinstall the package."
        )
    return statistics


def _moments(statistics: Mapping[str, np.ndarray], part: str) -> Moments:
    """Return the moments of MNIST's "train" or "test" images."""
    mean, covariance = statistics[f"{part}_mean"], statistics[f"{part}_covariance"]
    return Moments(mean, covariance, int(statistics[f"{part}_n"]))
