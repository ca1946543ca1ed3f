"""The metrics: arrays in, float64 numbers out, with formula and source.

Every function takes samples, features or images (n, d), and raises TooFewError where there are too
few of them for a meaningful result.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import scipy  # its parts are imported at first use; scikit-learn's where they are used

from mnist_gan.evaluation.table import MIN_SAMPLES

CHUNK = 2_000_000  # distances that are in memory at a time


class TooFewError(ValueError):
    """Too few samples for a meaningful metric."""


class Moments(NamedTuple):
    """Mean (d,) and covariance (d, d) of n samples, in float64."""

    mean: np.ndarray
    covariance: np.ndarray
    n: int


def moments(features: np.ndarray) -> Moments:
    """Return mean and unbiased covariance of features (n, d); n is at least 2."""
    samples = validated("Mean and covariance", 2, features)
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
    real = validated("Kernel distance", size, real)
    fake = validated("Kernel distance", size, fake)
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
    probabilities = validated("Classifier score", MIN_SAMPLES, probabilities)
    divergences = scipy.special.rel_entr(probabilities, probabilities.mean(0)).sum(1)  # (n,)
    return float(np.exp(divergences.mean()))


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


def validated(metric: str, least: int, samples: np.ndarray) -> np.ndarray:
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


def squared_distances(samples: np.ndarray, others: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the squared distances (chunk, m) of samples (n, d) to others (m, d), by chunks."""
    size = max(1, CHUNK // len(others))
    lengths = (others**2).sum(1)  # (m,)
    for start in range(0, len(samples), size):
        part = samples[start : start + size]
        squares = part @ (-2 * others.T)
        squares += lengths
        squares += (part**2).sum(1)[:, None]
        yield np.maximum(squares, 0, out=squares)
