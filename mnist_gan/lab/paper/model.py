"""The paper's protocol: data splits, Parzen windows, baselines."""

import warnings
from typing import NamedTuple

import numpy as np

from mnist_gan.evaluation.parzen import SIGMAS, Parzen, parzen
from mnist_gan.evaluation.table import MIN_SAMPLES

PUBLISHED = {  # table 1: mean log-likelihood of MNIST's test images, and its standard error
    "deep belief net": (138.0, 2.0),
    "stacked contractive autoencoder": (121.0, 1.6),
    "deep generative stochastic network": (214.0, 1.1),
    "adversarial nets": (225.0, 2.0),
}
CENTRES = 10_000  # images at which the windows are centred
TRAINED, VALIDATED = 50_000, 1000  # of MNIST's training images
ITERATIONS = 5  # of k-means, after which its centres hardly move


class Split(NamedTuple):
    """Real images (n, 784) in [-1, 1], in the three parts of the protocol."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray


def split_mnist(train: np.ndarray, test: np.ndarray) -> Split:
    """Split MNIST as in the paper.

    Args:
        train: MNIST's training images (60000, 784).
        test: MNIST's test images (10000, 784).

    Returns:
        Images for training, for the choice of sigma, and for the test.
    """
    return Split(train[:TRAINED], train[TRAINED : TRAINED + VALIDATED], test)


def split(images: np.ndarray) -> Split:
    """Split other images (n, 784) at random; one sixth are for the test."""
    images = images[np.random.default_rng(0).permutation(len(images))]
    sixth = len(images) // 6
    few = min(VALIDATED, sixth)
    return Split(images[sixth + few :], images[sixth : sixth + few], images[:sixth])


def parzen_estimate(images: np.ndarray, real: Split) -> Parzen:
    """Estimate the log-likelihood of the test images, with all pixels scaled to [0, 1].

    Args:
        images: Images (n, 784) in [-1, 1] at which the windows are centred.
        real: Real images, for the choice of sigma and for the test.

    Returns:
        The log-likelihood, its standard error and the chosen width.
    """
    centres, validation, test = ((part + 1) / 2 for part in (images, real.validation, real.test))
    return parzen(centres, validation, test)


def at_edge(found: Parzen) -> bool:
    """Return whether the chosen width is the smallest or the largest candidate."""
    return found.sigma in (SIGMAS[0], SIGMAS[-1])


def random_subset(images: np.ndarray) -> np.ndarray:
    """Return CENTRES random images of images (n, 784), or all if there are fewer."""
    return images[np.random.default_rng(0).permutation(len(images))[:CENTRES]]


def kmeans_centres(images: np.ndarray) -> np.ndarray:
    """Return k-means centres of images (n, 784): one per five images, at least MIN_SAMPLES."""
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    clusters = min(CENTRES, max(MIN_SAMPLES, len(images) // 5))
    means = KMeans(clusters, init="random", n_init=1, max_iter=ITERATIONS, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # raised for duplicate images
        return means.fit(images).cluster_centers_


def uniform_noise(images: np.ndarray) -> np.ndarray:
    """Return CENTRES noise images of the same size as images (n, 784), uniform in [-1, 1]."""
    shape = (CENTRES, images.shape[1])
    return np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)
