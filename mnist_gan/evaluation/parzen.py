"""The log-likelihood of test images under Parzen windows, as in the 2014 paper."""

from typing import NamedTuple

import numpy as np

from mnist_gan.evaluation.metrics import squared_distances, validated
from mnist_gan.evaluation.table import MIN_SAMPLES

SIGMAS = np.logspace(-1, 0, 10)  # widths of Parzen windows: those of the 2014 paper


class Parzen(NamedTuple):
    """Mean log-likelihood in nats, its standard error, and the selected width."""

    mean: float
    error: float
    sigma: float
    curve: np.ndarray  # mean log-likelihood of the validation images at each width


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
    fake = validated("Parzen window", MIN_SAMPLES, fake)
    curve = _log_likelihoods(validation, fake, sigmas).mean(1)
    sigma = sigmas[curve.argmax()]
    likelihoods = _log_likelihoods(test, fake, np.array([sigma]))[0]
    error = likelihoods.std(ddof=1) / np.sqrt(len(likelihoods))
    return Parzen(float(likelihoods.mean()), float(error), float(sigma), curve)


def _log_likelihoods(samples: np.ndarray, centres: np.ndarray, sigmas: np.ndarray) -> np.ndarray:
    """Return log-likelihoods (sigmas, n) under a mixture of equal Gaussians around centres."""
    widths = 2 * sigmas[:, None] ** 2  # (sigmas, 1)
    constants = np.log(len(centres)) + centres.shape[1] / 2 * np.log(np.pi * widths)
    chunks = []
    for squares in squared_distances(samples.astype(np.float64), centres):  # (chunk, centres)
        least = squares.min(1)  # factored out of the sum, which would underflow otherwise
        above = squares - least[:, None]
        sums = np.stack([np.exp(above / -width).sum(1) for width in widths])
        chunks.append(np.log(sums) - least / widths - constants)
    return np.concatenate(chunks, axis=1)
