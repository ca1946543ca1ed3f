"""The paper's protocol: data splits, Parzen windows, baselines."""

import warnings
from typing import NamedTuple

import numpy as np

from mnist_gan.evaluation.metrics import SIGMAS, Parzen, parzen

PUBLISHED = {  # table 1: mean log-likelihood of MNIST's test images, and its standard error
    "deep belief net": (138.0, 2.0),
    "stacked contractive autoencoder": (121.0, 1.6),
    "deep generative stochastic network": (214.0, 1.1),
    "adversarial nets": (225.0, 2.0),
}
CENTRES = 10_000  # images around which windows are put
FEWEST = 1000  # with which windows mean anything
TRAINED, VALIDATED = 50_000, 1000  # of MNIST's training images
ITERATIONS = 5  # of k-means, after which its centres hardly move


class Split(NamedTuple):
    """Real images (n, 784) in [-1, 1], in the three parts that the protocol needs."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray


def split_mnist(train: np.ndarray, test: np.ndarray) -> Split:
    """Return MNIST's parts as the paper has them."""
    return Split(train[:TRAINED], train[TRAINED : TRAINED + VALIDATED], test)


def split(images: np.ndarray) -> Split:
    """Return the parts of other images, in an order without meaning: a sixth is for the test."""
    images = images[np.random.default_rng(0).permutation(len(images))]
    sixth = len(images) // 6
    few = min(VALIDATED, sixth)
    return Split(images[sixth + few :], images[sixth : sixth + few], images[:sixth])


def window(images: np.ndarray, real: Split) -> Parzen:
    """Return what windows around images (n, 784) come to, all of it as ink in [0, 1]."""
    ink, validation, test = ((part + 1) / 2 for part in (images, real.validation, real.test))
    return parzen(ink, validation, test)


def at_edge(found: Parzen) -> bool:
    """Say whether the best width is the least or the greatest that there was."""
    return found.sigma in (SIGMAS[0], SIGMAS[-1])


def some_of(images: np.ndarray) -> np.ndarray:
    """Return CENTRES of the images, chosen at random, or all where they are fewer."""
    return images[np.random.default_rng(0).permutation(len(images))[:CENTRES]]


def centres_of(images: np.ndarray) -> np.ndarray:
    """Return centres of the images by k-means, one for every five, FEWEST at least."""
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    clusters = min(CENTRES, max(FEWEST, len(images) // 5))
    means = KMeans(clusters, init="random", n_init=1, max_iter=ITERATIONS, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # of pictures that are there twice
        return means.fit(images).cluster_centers_


def noise_like(images: np.ndarray) -> np.ndarray:
    """Return CENTRES pictures of noise, each pixel uniform in [-1, 1]."""
    shape = (CENTRES, images.shape[1])
    return np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)
