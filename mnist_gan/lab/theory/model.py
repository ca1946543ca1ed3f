"""The best discriminator, the value of the game and divergences, by quadrature.

Equations and propositions are those of Goodfellow et al. 2014, "Generative adversarial nets".
Integrals are taken over a line of points by Simpson's rule; logarithms are natural.
"""

from typing import NamedTuple

import numpy as np
import scipy

MIN_VALUE = -2 * np.log(2)  # of C(G), reached where both densities are equal (theorem 1)
REACH, POINTS = 12, 20_001  # standard deviations to either side of a density; points of the grid


class Normal(NamedTuple):
    """A normal density on the line."""

    mean: float
    std: float

    def __str__(self) -> str:
        return f"N({self.mean:g}, {self.std:g})"

    def log_density(self, x: np.ndarray) -> np.ndarray:
        """Return the log-density (n,) at x (n,)."""
        return scipy.stats.norm.logpdf(x, self.mean, self.std)


def integration_grid(*densities: Normal) -> np.ndarray:
    """Return equally spaced points (POINTS,) that cover all of the densities."""
    low = min(density.mean - REACH * density.std for density in densities)
    high = max(density.mean + REACH * density.std for density in densities)
    return np.linspace(low, high, POINTS)


def heights(samples: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return the heights of a histogram of samples whose bins lie around points.

    Args:
        samples: Samples (m,).
        x: Equally spaced points (n,).

    Returns:
        Densities (n,) at `x`.
    """
    step = x[1] - x[0]
    edges = np.append(x - step / 2, x[-1] + step / 2)
    return np.histogram(samples, edges)[0] / (len(samples) * step)


def kl(p: Normal, q: Normal) -> float:
    """Return the Kullback-Leibler divergence KL(p || q) in nats.

    Args:
        p: The density whose mean is taken.
        q: The density that it is compared with.
    """
    x = integration_grid(p, q)
    log_p, log_q = p.log_density(x), q.log_density(x)
    return _integral(np.exp(log_p) * (log_p - log_q), x)


def jsd(p: Normal, q: Normal) -> float:
    """Return the Jensen-Shannon divergence in nats, from 0 to log 2.

    Args:
        p: One density.
        q: The other density; the divergence is symmetric.
    """
    x = integration_grid(p, q)
    log_p, log_q = p.log_density(x), q.log_density(x)
    log_m = np.logaddexp(log_p, log_q) - np.log(2)  # of the mixture of both
    return _integral((np.exp(log_p) * (log_p - log_m) + np.exp(log_q) * (log_q - log_m)) / 2, x)


def best_logits(p: Normal, q: Normal, x: np.ndarray) -> np.ndarray:
    """Return the logits of D*(x) = p(x) / (p(x) + q(x)), the best D (proposition 1).

    Args:
        p: Density of real samples.
        q: Density of generated samples.
        x: Points (n,).

    Returns:
        Logits (n,).
    """
    return p.log_density(x) - q.log_density(x)


def value(p: Normal, q: Normal, logits: np.ndarray, x: np.ndarray) -> float:
    """Return V(D, G) = E_p[log D] + E_q[log(1 - D)] (equation 1).

    Args:
        p: Density of real samples.
        q: Density of generated samples.
        logits: Logits (n,) of D at `x`.
        x: Equally spaced points (n,) that cover both densities.
    """
    real = np.exp(p.log_density(x)) * scipy.special.log_expit(logits)
    fake = np.exp(q.log_density(x)) * scipy.special.log_expit(-logits)
    return _integral(real + fake, x)


def best_value(p: Normal, q: Normal) -> float:
    """Return C(G), the maximum of V(D, G) over D, which the best D reaches.

    Args:
        p: Density of real samples.
        q: Density of generated samples.
    """
    x = integration_grid(p, q)
    return value(p, q, best_logits(p, q, x), x)


def _integral(values: np.ndarray, x: np.ndarray) -> float:
    return float(scipy.integrate.simpson(values, x=x))
