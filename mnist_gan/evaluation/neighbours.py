"""Metrics of nearest neighbours: precision, recall, density, coverage, copies."""

from typing import Any, NamedTuple

import numpy as np
import scipy

from mnist_gan.evaluation.metrics import TooFewError, squared_distances, validated
from mnist_gan.evaluation.table import MIN_SAMPLES

TOLERANCE = 1 + 1e-9  # a neighbour lies within the ball that it defines, despite rounding


class PrecisionRecall(NamedTuple):
    """How many generated samples are close to real ones, and the reverse."""

    precision: float
    recall: float


class DensityCoverage(NamedTuple):
    """How densely real samples surround generated ones, and how many real ones are covered."""

    density: float
    coverage: float


class Memorisation(NamedTuple):
    """Whether images are copies: then `c_t` is far below 0 and `ratio` below 1."""

    c_t: float  # in standard deviations
    ratio: float  # median distance to the training set, generated over held-out


def precision_recall(real: np.ndarray, fake: np.ndarray, k: int = 3) -> PrecisionRecall:
    """Return improved precision and recall of features, each from 0 to 1.

    Precision is the share of generated samples inside of any ball around a real sample that
    reaches to its k-th neighbour; recall is the reverse. Kynkäänniemi et al. 2019.

    Args:
        real: Features (n, d) of real images.
        fake: Features (m, d) of generated ones.
        k: Which neighbour sets the radius of a ball.

    Raises:
        TooFewError: Where n or m is below 1,000.
    """
    real, fake = (
        validated("Precision and recall", MIN_SAMPLES, samples) for samples in (real, fake)
    )
    radii_real, radii_fake = _squared_radii(real, k), _squared_radii(fake, k)
    is_recalled = np.zeros(len(real), bool)
    precise, start = 0, 0
    for squares in squared_distances(fake, real):  # (chunk, n)
        radii = radii_fake[start : start + len(squares), None]
        precise += int(np.count_nonzero((squares <= radii_real).any(1)))
        is_recalled |= (squares <= radii).any(0)
        start += len(squares)
    return PrecisionRecall(precise / len(fake), float(is_recalled.mean()))


def density_coverage(real: np.ndarray, fake: np.ndarray, k: int = 5) -> DensityCoverage:
    """Return density, about 1 and not bounded by it, and coverage, from 0 to 1, of features.

    Density is the mean number of real balls that a generated sample lies in, over k; coverage is
    the share of real balls that hold a generated sample. A ball reaches from a real sample to its
    k-th neighbour. Equal distributions have a coverage of 1 - 2^-k. Naeem et al. 2020.

    Args:
        real: Features (n, d) of real images.
        fake: Features (m, d) of generated ones.
        k: Which neighbour sets the radius of a ball.

    Raises:
        TooFewError: Where n or m is below 1,000.
    """
    real, fake = (
        validated("Density and coverage", MIN_SAMPLES, samples) for samples in (real, fake)
    )
    radii = _squared_radii(real, k)
    inside, nearest_fake = 0, np.full(len(real), np.inf)
    for squares in squared_distances(fake, real):  # (chunk, n)
        inside += int(np.count_nonzero(squares <= radii))
        nearest_fake = np.minimum(nearest_fake, squares.min(0))
    return DensityCoverage(inside / (k * len(fake)), float((nearest_fake <= radii).mean()))


def memorisation(
    train: np.ndarray, held_out: np.ndarray, fake: np.ndarray, *, clusters: int = 10, seed: int = 0
) -> Memorisation:
    """Return whether images are closer to the training images than held-out ones are.

    `c_t` is the test statistic of Meehan, Chaudhuri and Dasgupta 2020: in each cluster of the
    training images, the standardised Mann-Whitney statistic of the distances to the nearest
    training image, generated against held-out; then the mean over clusters, weighted by held-out
    images. Near 0 for new images, below -3 for copies, above 0 for images far from all training
    images. `ratio` is that of the median distances.

    Args:
        train: Training images or features (n, d).
        held_out: Real ones (m, d) that were not trained on.
        fake: Generated ones (l, d).
        clusters: How many clusters, by k-means.
        seed: Seed of k-means.

    Raises:
        TooFewError: Where any of them are fewer than 1,000, or no cluster has 20 of each.
    """
    train, held_out, fake = (
        validated("Memorisation", MIN_SAMPLES, samples) for samples in (train, held_out, fake)
    )
    to_train = [_nearest_distances(samples, train) for samples in (held_out, fake)]
    from sklearn.cluster import KMeans

    kmeans = KMeans(clusters, n_init=1, random_state=seed).fit(train)
    cluster_of = [kmeans.predict(samples) for samples in (held_out, fake)]
    scores, weights = [], []
    for cluster in range(clusters):
        new, made = (d[c == cluster] for d, c in zip(to_train, cluster_of, strict=True))
        if min(len(new), len(made)) >= 20:  # below, the statistic is not normal
            scores.append(_mann_whitney(made, new))
            weights.append(len(new))
    if not scores:
        raise TooFewError("Memorisation: 20 samples of each are needed in one cluster.")
    ratio = np.median(to_train[1]) / np.median(to_train[0])
    return Memorisation(float(np.average(scores, weights=weights)), float(ratio))


def nearest(samples: np.ndarray, others: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the indices and Euclidean distances of the k others nearest to each sample.

    Args:
        samples: Samples (n, d).
        others: What to search, (m, d).
        k: How many neighbours.

    Returns:
        Indices (n, k) into `others`, and distances (n, k), the nearest first.

    Raises:
        TooFewError: Where m is below k.
    """
    if len(others) < k:
        raise TooFewError(f"Nearest samples: at least {k} are needed, not {len(others)}.")
    distances, indices = _neighbours(others, k).kneighbors(samples)
    return indices, distances


def _squared_radii(samples: np.ndarray, k: int) -> np.ndarray:
    """Return the squared distance (n,) of each sample to its k-th neighbour among the others."""
    return _neighbours(samples, k).kneighbors()[0][:, -1] ** 2 * TOLERANCE


def _neighbours(samples: np.ndarray, k: int) -> Any:
    """Return scikit-learn's search for the k nearest of some samples (n, d)."""
    from sklearn.neighbors import NearestNeighbors

    return NearestNeighbors(n_neighbors=k, algorithm="brute").fit(samples)


def _nearest_distances(samples: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the distance (n,) of each sample to the nearest of the others."""
    from sklearn.metrics import pairwise_distances_argmin_min

    return pairwise_distances_argmin_min(samples, others)[1]


def _mann_whitney(x: np.ndarray, y: np.ndarray) -> float:
    """Return the standardised Mann-Whitney statistic, below 0 where x tends to be smaller."""
    n, m = len(x), len(y)
    ranks = scipy.stats.rankdata(np.concatenate([x, y]))
    u = ranks[:n].sum() - n * (n + 1) / 2
    return float((u - n * m / 2) / np.sqrt(n * m * (n + m + 1) / 12))
