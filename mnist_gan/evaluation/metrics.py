"""The metrics: arrays in, float64 numbers out, with formula and source.

Every function takes samples, features or images (n, d), and raises TooFewError where there are too
few of them for a meaningful result.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import scipy  # its parts are imported at first use; scikit-learn's where they are used

MIN_SAMPLES = 1000  # below, most of the metrics are meaningless
CHUNK = 2_000_000  # distances that are in memory at a time
TOLERANCE = 1 + 1e-9  # a neighbour lies within the ball that it defines, despite rounding


SIGMAS = np.logspace(-1, 0, 10)  # widths of Parzen windows: those of the 2014 paper


class TooFewError(ValueError):
    """Too few samples for a meaningful metric."""


class Moments(NamedTuple):
    """Mean (d,) and covariance (d, d) of n samples, in float64."""

    mean: np.ndarray
    covariance: np.ndarray
    n: int


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


class Parzen(NamedTuple):
    """Mean log-likelihood in nats, its standard error, and the selected width."""

    mean: float
    error: float
    sigma: float
    curve: np.ndarray  # mean log-likelihood of the validation images at each width


def moments(features: np.ndarray) -> Moments:
    """Return mean and unbiased covariance of features (n, d); n is at least 2."""
    samples = _validated("Mean and covariance", 2, features)
    covariance = np.cov(samples, rowvar=False).reshape(samples.shape[1], -1)
    return Moments(samples.mean(0), covariance, len(samples))


def frechet_distance(a: Moments, b: Moments) -> float:
    """Return the Fréchet distance between the Gaussians fitted to two sets of features.

    |m1 - m2|^2 + tr(C1 + C2 - 2 (C1^1/2 C2 C1^1/2)^1/2), squared as in Heusel et al. 2017. FID is
    this distance on Inception's features; on other features the numbers are not FIDs. The root is
    taken of a symmetric matrix, so it has no imaginary part. Falls with n: compare values of equal
    n only.

    Args:
        a: Moments of one set.
        b: Moments of the other.

    Returns:
        The squared distance, 0 for equal moments.

    Raises:
        TooFewError: Where a set has no more samples than features.
    """
    for side in (a, b):
        if side.n <= len(side.mean):
            raise TooFewError(
                f"Fréchet distance: more than {len(side.mean)} samples are needed for as many "
                f"features, not {side.n}."
            )
    root = _matrix_root(a.covariance)
    overlap = np.sqrt(np.maximum(scipy.linalg.eigvalsh(root @ b.covariance @ root), 0)).sum()
    shift = a.mean - b.mean
    return float(shift @ shift + np.trace(a.covariance) + np.trace(b.covariance) - 2 * overlap)


def kernel_distance(
    real: np.ndarray, fake: np.ndarray, *, subsets: int = 100, size: int = 1000, seed: int = 0
) -> float:
    """Return the squared maximum mean discrepancy of features, as the mean over subsets.

    Kernel (x.y / d + 1)^3, unbiased estimate (Binkowski et al. 2018, "Demystifying MMD GANs"): 0
    on average for equal distributions, so it may be slightly negative.

    Args:
        real: Features (n, d) of real images.
        fake: Features (m, d) of generated ones.
        subsets: How many random subsets to average over.
        size: How many samples of each side are in a subset.
        seed: Seed of the subsets.

    Raises:
        TooFewError: Where a side has fewer than `size` samples.
    """
    real = _validated("Kernel distance", size, real)
    fake = _validated("Kernel distance", size, fake)
    rng = np.random.default_rng(seed)
    buffers = np.empty((2, size, size))  # reused: allocating them costs more than the product
    estimates = []
    for _ in range(subsets):
        x = real[rng.choice(len(real), size, replace=False)]
        y = fake[rng.choice(len(fake), size, replace=False)]
        alike = sum(_kernel_sum(z, z, buffers) - _kernel_of_self(z).sum() for z in (x, y))
        estimates.append(alike / (size * (size - 1)) - 2 * _kernel_sum(x, y, buffers) / size**2)
    return float(np.mean(estimates))


def classifier_score(probabilities: np.ndarray) -> float:
    """Return the exponential of the mean KL divergence of p(class | image) from their mean.

    From 1 to the number of classes: high when each image has one clear class and all classes
    occur. Salimans et al. 2016, section 4 (there with Inception's classes).

    Args:
        probabilities: Class probabilities (n, classes) that sum to 1 for each image.

    Raises:
        TooFewError: Where n is below 1,000, as few images cannot show that all classes occur.
    """
    probabilities = _validated("Classifier score", 1000, probabilities)
    divergences = scipy.special.rel_entr(probabilities, probabilities.mean(0)).sum(1)  # (n,)
    return float(np.exp(divergences.mean()))


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
    real, fake = (_validated("Precision and recall", 1000, samples) for samples in (real, fake))
    radii_real, radii_fake = _squared_radii(real, k), _squared_radii(fake, k)
    is_recalled = np.zeros(len(real), bool)
    precise, start = 0, 0
    for squares in _squared_distances(fake, real):  # (chunk, n)
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
    real, fake = (_validated("Density and coverage", 1000, samples) for samples in (real, fake))
    radii = _squared_radii(real, k)
    inside, nearest_fake = 0, np.full(len(real), np.inf)
    for squares in _squared_distances(fake, real):  # (chunk, n)
        inside += int(np.count_nonzero(squares <= radii))
        nearest_fake = np.minimum(nearest_fake, squares.min(0))
    return DensityCoverage(inside / (k * len(fake)), float((nearest_fake <= radii).mean()))


def digit_shares(labels: np.ndarray, classes: int = 10) -> np.ndarray:
    """Return the share of each class among labels.

    Args:
        labels: Integers (n,) from 0 to `classes - 1`.
        classes: How many classes there are.

    Returns:
        Shares (classes,) that sum to 1.

    Raises:
        TooFewError: Where there are no labels.
    """
    if len(labels) == 0:
        raise TooFewError("Shares of digits: at least 1 label is needed, not 0.")
    return np.bincount(labels, minlength=classes) / len(labels)


def digit_divergence(shares: np.ndarray, real_shares: np.ndarray) -> float:
    """Return the KL divergence of the shares of digits from the real ones, in nats.

    sum p log(p / q), 0 for equal shares, as Srivastava et al. 2017 ("VEEGAN") measured missing
    modes. Infinite where a generated digit has a real share of 0.

    Args:
        shares: Shares (classes,) among generated images.
        real_shares: Shares (classes,) among real ones.
    """
    return float(scipy.special.rel_entr(shares, real_shares).sum())


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
        _validated("Memorisation", 1000, samples) for samples in (train, held_out, fake)
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


def parzen(
    fake: np.ndarray, validation: np.ndarray, test: np.ndarray, sigmas: np.ndarray = SIGMAS
) -> Parzen:
    """Return the log-likelihood of test images under Gaussians around the generated ones.

    The protocol of Goodfellow et al. 2014: one Gaussian of width sigma around each generated
    image; sigma is the best for the validation images; the result is the mean over the test images
    with its standard error. It ranks models badly (Theis et al. 2016) and is here for comparison
    with that paper.

    Args:
        fake: Generated images (n, d) in [0, 1].
        validation: Real images (m, d) in [0, 1] that select the width.
        test: Real images (l, d) in [0, 1] to measure.
        sigmas: The widths to select from.

    Raises:
        TooFewError: Where n is below 1,000.
    """
    fake = _validated("Parzen window", 1000, fake)
    curve = _log_likelihoods(validation, fake, sigmas).mean(1)
    sigma = sigmas[curve.argmax()]
    likelihoods = _log_likelihoods(test, fake, np.array([sigma]))[0]
    error = likelihoods.std(ddof=1) / np.sqrt(len(likelihoods))
    return Parzen(float(likelihoods.mean()), float(error), float(sigma), curve)


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


def _validated(metric: str, least: int, samples: np.ndarray) -> np.ndarray:
    """Return samples (n, d) as float64, or raise TooFewError; ValueError for non-finite ones."""
    if samples.ndim != 2 or len(samples) < least:
        raise TooFewError(f"{metric}: at least {least:,} samples are needed, not {len(samples):,}.")
    samples = samples.astype(np.float64)
    if not np.isfinite(samples).all():
        raise ValueError(f"{metric}: finite numbers are needed.")
    return samples


def _matrix_root(matrix: np.ndarray) -> np.ndarray:
    """Return the root of a symmetric matrix without negative eigenvalues."""
    values, vectors = scipy.linalg.eigh(matrix)
    return (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T


def _kernel_sum(x: np.ndarray, y: np.ndarray, buffers: np.ndarray) -> float:
    """Return the sum of the polynomial kernel over all pairs of x and y, (n, d) each.

    `buffers` (2, n, n) are overwritten.
    """
    base, square = buffers
    np.matmul(x, y.T / x.shape[1], out=base)
    np.add(base, 1, out=base)
    np.multiply(base, base, out=square)
    return float(np.vdot(square, base))


def _kernel_of_self(x: np.ndarray) -> np.ndarray:
    """Return the polynomial kernel (n,) of each sample (n, d) with itself."""
    return ((x * x).sum(1) / x.shape[1] + 1) ** 3


def _squared_distances(samples: np.ndarray, others: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the squared distances (chunk, m) of samples (n, d) to others (m, d), by chunks."""
    size = max(1, CHUNK // len(others))
    lengths = (others**2).sum(1)  # (m,)
    for start in range(0, len(samples), size):
        part = samples[start : start + size]
        squares = part @ (-2 * others.T)
        squares += lengths
        squares += (part**2).sum(1)[:, None]
        yield np.maximum(squares, 0, out=squares)


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


def _log_likelihoods(samples: np.ndarray, centres: np.ndarray, sigmas: np.ndarray) -> np.ndarray:
    """Return log-likelihoods (sigmas, n) under a mixture of equal Gaussians around centres."""
    widths = 2 * sigmas[:, None] ** 2  # (sigmas, 1)
    constants = np.log(len(centres)) + centres.shape[1] / 2 * np.log(np.pi * widths)
    chunks = []
    for squares in _squared_distances(samples.astype(np.float64), centres):  # (chunk, centres)
        least = squares.min(1)  # factored out of the sum, which would underflow otherwise
        above = squares - least[:, None]
        sums = np.stack([np.exp(above / -width).sum(1) for width in widths])
        chunks.append(np.log(sums) - least / widths - constants)
    return np.concatenate(chunks, axis=1)
