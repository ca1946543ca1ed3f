"""The metrics: arrays in, float64 numbers out, with formula and source.

Every function takes features or images as rows, (n, d), and raises TooFewError below the number of
rows from which its result means something.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import scipy  # its parts are imported at first use; scikit-learn's where they are used

FEWEST = 1000  # images, below which most of the metrics mean nothing
CHUNK = 2_000_000  # distances that are in memory at a time
RIM = 1 + 1e-9  # a neighbour lies within the ball that it defines, whatever the last bits are


SIGMAS = np.logspace(-1, 0, 10)  # widths of Parzen windows: those of the paper of 2014


class TooFewError(ValueError):
    """Too few rows for a metric to mean anything."""


class Moments(NamedTuple):
    """Mean (d,) and covariance (d, d) of n rows, in float64."""

    mean: np.ndarray
    covariance: np.ndarray
    n: int


class Fidelity(NamedTuple):
    """Two numbers: how real the generated images are, and how much of the real ones they cover."""

    quality: float
    variety: float


class Memorisation(NamedTuple):
    """Whether images are copies: `c_t` far below 0 and `ratio` below 1 say so."""

    c_t: float  # in standard deviations
    ratio: float  # median distance to the training set, generated over held-out


class Parzen(NamedTuple):
    """Mean log-likelihood in nats, its standard error, and the width that was chosen."""

    mean: float
    error: float
    sigma: float
    curve: np.ndarray  # of the validation images, at each of the widths there were


def moments(features: np.ndarray) -> Moments:
    """Return mean and unbiased covariance of features (n, d); n is at least 2."""
    rows = _rows("Mean and covariance", 2, features)
    return Moments(rows.mean(0), np.cov(rows, rowvar=False).reshape(rows.shape[1], -1), len(rows))


def frechet_distance(a: Moments, b: Moments) -> float:
    """Return the Fréchet distance between the normal laws that fit two sets of features.

    |m1 - m2|^2 + tr(C1 + C2 - 2 (C1^1/2 C2 C1^1/2)^1/2), squared as in Heusel et al. 2017 (there
    on Inception's features, as FID; these features are others, so the numbers are not FIDs). The
    root is taken of a symmetric matrix, so no imaginary part can arise. Falls with n: compare
    values of equal n only. Needs more rows than features on both sides.
    """
    for side in (a, b):
        if side.n <= len(side.mean):
            raise TooFewError(
                f"Fréchet distance: more than {len(side.mean)} rows are needed for as many "
                f"features, not {side.n}."
            )
    root = _root(a.covariance)
    overlap = np.sqrt(np.maximum(scipy.linalg.eigvalsh(root @ b.covariance @ root), 0)).sum()
    shift = a.mean - b.mean
    return float(shift @ shift + np.trace(a.covariance) + np.trace(b.covariance) - 2 * overlap)


def kernel_distance(
    real: np.ndarray, fake: np.ndarray, *, subsets: int = 100, size: int = 1000, seed: int = 0
) -> float:
    """Return the squared maximum mean discrepancy of features (n, d), as the mean over subsets.

    Kernel (x.y / d + 1)^3, unbiased estimate (Binkowski et al. 2018, "Demystifying MMD GANs"), on
    `subsets` random subsets of `size` rows of each side: 0 on average for equal laws, so it may
    fall a little below. Needs `size` rows on both sides.
    """
    real, fake = _rows("Kernel distance", size, real), _rows("Kernel distance", size, fake)
    rng = np.random.default_rng(seed)
    buffers = np.empty((2, size, size))  # new ones for each product would take longer than it
    estimates = []
    for _ in range(subsets):
        x = real[rng.choice(len(real), size, replace=False)]
        y = fake[rng.choice(len(fake), size, replace=False)]
        alike = sum(_kernel_sum(z, z, buffers) - _kernel_of_self(z).sum() for z in (x, y))
        estimates.append(alike / (size * (size - 1)) - 2 * _kernel_sum(x, y, buffers) / size**2)
    return float(np.mean(estimates))


def classifier_score(probabilities: np.ndarray) -> float:
    """Return exp of the mean KL divergence of p(class | image) from their mean, 1 to classes.

    Salimans et al. 2016, section 4 (there with Inception's classes), from probabilities (n,
    classes) whose rows sum to 1. High when each image has one clear class and all classes occur.
    Needs 1,000 rows, since few images cannot show that all classes occur.
    """
    rows = _rows("Classifier score", 1000, probabilities)
    divergences = scipy.special.rel_entr(rows, rows.mean(0)).sum(1)  # (n,)
    return float(np.exp(divergences.mean()))


def precision_recall(real: np.ndarray, fake: np.ndarray, k: int = 3) -> Fidelity:
    """Return improved precision (quality) and recall (variety) of features (n, d), 0 to 1.

    Kynkäänniemi et al. 2019: the share of generated rows inside of any ball around a real row that
    reaches to its k-th neighbour, and the reverse. Needs 1,000 rows on both sides.
    """
    real, fake = (_rows("Precision and recall", 1000, rows) for rows in (real, fake))
    radii_real, radii_fake = _radii(real, k), _radii(fake, k)
    real_row_reached = np.zeros(len(real), bool)
    fake_rows_inside, start = 0, 0
    for squares in _squares(fake, real):  # (chunk, n real)
        radii = radii_fake[start : start + len(squares), None]
        fake_rows_inside += int(np.count_nonzero((squares <= radii_real).any(1)))
        real_row_reached |= (squares <= radii).any(0)
        start += len(squares)
    return Fidelity(fake_rows_inside / len(fake), float(real_row_reached.mean()))


def density_coverage(real: np.ndarray, fake: np.ndarray, k: int = 5) -> Fidelity:
    """Return density (quality, about 1, may exceed it) and coverage (variety, 0 to 1).

    Naeem et al. 2020, on features (n, d): in how many real balls, over k, a generated row lies on
    average, and the share of real rows whose ball, to their k-th neighbour, holds a generated row.
    Identical laws have a coverage of 1 - 2^-k. Needs 1,000 rows on both sides.
    """
    real, fake = (_rows("Density and coverage", 1000, rows) for rows in (real, fake))
    radii = _radii(real, k)
    inside, nearest = 0, np.full(len(real), np.inf)
    for squares in _squares(fake, real):  # (chunk, n real)
        inside += int(np.count_nonzero(squares <= radii))
        nearest = np.minimum(nearest, squares.min(0))
    return Fidelity(inside / (k * len(fake)), float((nearest <= radii).mean()))


def digit_shares(labels: np.ndarray, classes: int = 10) -> np.ndarray:
    """Return the share (classes,) of each class among labels (n,); n is at least 1."""
    if len(labels) == 0:
        raise TooFewError("Shares of digits: at least 1 label is needed, not 0.")
    return np.bincount(labels, minlength=classes) / len(labels)


def digit_divergence(shares: np.ndarray, real_shares: np.ndarray) -> float:
    """Return the KL divergence of the shares of digits from the real ones, in nats, 0 at best.

    sum p log(p / q) over the classes that occur in reality; Srivastava et al. 2017 ("VEEGAN")
    measured missing modes so. Infinite where a digit is drawn that was never shown.
    """
    return float(scipy.special.rel_entr(shares, real_shares).sum())


def memorisation(
    train: np.ndarray, held_out: np.ndarray, fake: np.ndarray, *, cells: int = 10, seed: int = 0
) -> Memorisation:
    """Return whether images (n, d) lie nearer to the training images than held-out ones do.

    `c_t` is the test of Meehan, Chaudhuri and Dasgupta 2020: in each of `cells` clusters of the
    training images, the standardised Mann-Whitney statistic of the distances to the nearest
    training image, generated against held-out; then their mean, weighted by held-out images. Near
    0 for new images, below -3 for copies, above for images that are far from all. `ratio` is that
    of the median distances. Needs 1,000 rows each.
    """
    train, held_out, fake = (_rows("Memorisation", 1000, rows) for rows in (train, held_out, fake))
    to_train = [_nearest(rows, train) for rows in (held_out, fake)]
    from sklearn.cluster import KMeans

    clusters = KMeans(cells, n_init=1, random_state=seed).fit(train)
    cell_of = [clusters.predict(rows) for rows in (held_out, fake)]
    scores, weights = [], []
    for cell in range(cells):
        new, made = (d[c == cell] for d, c in zip(to_train, cell_of, strict=True))
        if min(len(new), len(made)) >= 20:  # below, the statistic is not normal
            scores.append(_mann_whitney(made, new))
            weights.append(len(new))
    if not scores:
        raise TooFewError("Memorisation: 20 rows of each are needed in one cluster.")
    ratio = np.median(to_train[1]) / np.median(to_train[0])
    return Memorisation(float(np.average(scores, weights=weights)), float(ratio))


def parzen(
    fake: np.ndarray, validation: np.ndarray, test: np.ndarray, sigmas: np.ndarray = SIGMAS
) -> Parzen:
    """Return the log-likelihood of test images under normal laws around the generated ones.

    The protocol of Goodfellow et al. 2014: pixels in [0, 1], one normal law of width sigma around
    each generated image, sigma from SIGMAS as it is best for the validation images;
    the mean over the test images with its standard error. It ranks models badly (Theis et al.
    2016) and is here for comparison with that paper. Needs 1,000 generated images.
    """
    fake = _rows("Parzen window", 1000, fake)
    curve = _log_likelihoods(validation, fake, sigmas).mean(1)
    sigma = sigmas[curve.argmax()]
    likelihoods = _log_likelihoods(test, fake, np.array([sigma]))[0]
    error = likelihoods.std(ddof=1) / np.sqrt(len(likelihoods))
    return Parzen(float(likelihoods.mean()), float(error), float(sigma), curve)


def nearest(rows: np.ndarray, others: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the places (n, k) and distances (n, k) of the k others (m, d) nearest to each row.

    Shapes: (n, d) in; the nearest first, by Euclidean distance. Raises TooFewError if m < k.
    """
    if len(others) < k:
        raise TooFewError(f"Nearest rows: at least {k} are needed, not {len(others)}.")
    distances, places = _neighbours(others, k).kneighbors(rows)
    return places, distances


def _rows(metric: str, least: int, rows: np.ndarray) -> np.ndarray:
    """Return the rows (n, d) as float64, or raise TooFewError; ValueError if not finite."""
    if rows.ndim != 2 or len(rows) < least:
        raise TooFewError(f"{metric}: at least {least:,} rows are needed, not {len(rows):,}.")
    rows = rows.astype(np.float64)
    if not np.isfinite(rows).all():
        raise ValueError(f"{metric}: finite numbers are needed.")
    return rows


def _root(matrix: np.ndarray) -> np.ndarray:
    """Return the root of a symmetric matrix without negative eigenvalues."""
    values, vectors = scipy.linalg.eigh(matrix)
    return (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T


def _kernel_sum(x: np.ndarray, y: np.ndarray, buffers: np.ndarray) -> float:
    """Return the sum of the polynomial kernel over all pairs of rows (n, d); buffers (2, n, n)."""
    base, square = buffers
    np.matmul(x, y.T / x.shape[1], out=base)
    np.add(base, 1, out=base)
    np.multiply(base, base, out=square)
    return float(np.vdot(square, base))


def _kernel_of_self(x: np.ndarray) -> np.ndarray:
    """Return the polynomial kernel (n,) of each row (n, d) with itself."""
    return ((x * x).sum(1) / x.shape[1] + 1) ** 3


def _squares(rows: np.ndarray, others: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the squared distances (chunk, m) of rows (n, d) to others (m, d), chunk after chunk."""
    size = max(1, CHUNK // len(others))
    lengths = (others**2).sum(1)  # (m,)
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        squares = part @ (-2 * others.T)
        squares += lengths
        squares += (part**2).sum(1)[:, None]
        yield np.maximum(squares, 0, out=squares)


def _radii(rows: np.ndarray, k: int) -> np.ndarray:
    """Return the squared distance (n,) of each row to its k-th neighbour among the others."""
    return _neighbours(rows, k).kneighbors()[0][:, -1] ** 2 * RIM


def _neighbours(rows: np.ndarray, k: int) -> Any:
    """Return scikit-learn's search for the k nearest of some rows (n, d)."""
    from sklearn.neighbors import NearestNeighbors

    return NearestNeighbors(n_neighbors=k, algorithm="brute").fit(rows)


def _nearest(rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the distance (n,) of each row to the nearest of the others."""
    from sklearn.metrics import pairwise_distances_argmin_min

    return pairwise_distances_argmin_min(rows, others)[1]


def _mann_whitney(x: np.ndarray, y: np.ndarray) -> float:
    """Return the standardised Mann-Whitney statistic: below 0 where x tends to be smaller."""
    n, m = len(x), len(y)
    ranks = scipy.stats.rankdata(np.concatenate([x, y]))
    u = ranks[:n].sum() - n * (n + 1) / 2
    return float((u - n * m / 2) / np.sqrt(n * m * (n + m + 1) / 12))


def _log_likelihoods(rows: np.ndarray, centres: np.ndarray, sigmas: np.ndarray) -> np.ndarray:
    """Return the log-likelihoods (sigmas, n) of rows under equal normal laws around centres."""
    widths = 2 * sigmas[:, None] ** 2  # (sigmas, 1)
    constants = np.log(len(centres)) + centres.shape[1] / 2 * np.log(np.pi * widths)
    parts = []
    for squares in _squares(rows.astype(np.float64), centres):  # (chunk, centres)
        least = squares.min(1)  # taken out of the sum, which would vanish otherwise
        above = squares - least[:, None]
        sums = np.stack([np.exp(above / -width).sum(1) for width in widths])
        parts.append(np.log(sums) - least / widths - constants)
    return np.concatenate(parts, axis=1)
