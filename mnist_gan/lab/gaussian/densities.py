"""Densities on a line, and how near samples come to them."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import scipy

LIMITS = {"mean": 0.05, "std": 0.05, "wasserstein": 0.05, "ks": 0.03}  # of a success
ROOT_3 = math.sqrt(3)  # uniform between -ROOT_3 and ROOT_3 has deviation 1
NAMES = {"mean": "mean", "std": "std", "wasserstein": "W1", "ks": "KS"}  # before people
BINS = 100  # of histograms, over SPAN deviations of the target to either side
SPAN = 5
APART, WITHIN = 0.8, 0.6  # the mixture's centres and deviations: APART^2 + WITHIN^2 = 1


class Shape(NamedTuple):
    """A density of mean 0 and standard deviation 1."""

    draw: Callable[[np.random.Generator, int], np.ndarray]
    density: Callable[[np.ndarray], np.ndarray]
    skew: float
    kurtosis: float  # in excess of a normal density's


def _normal(x: np.ndarray, mean: float = 0.0, std: float = 1.0) -> np.ndarray:
    return np.exp(-0.5 * ((x - mean) / std) ** 2) / (std * math.sqrt(2 * math.pi))


SHAPES = {
    "normal": Shape(lambda rng, n: rng.standard_normal(n), _normal, 0.0, 0.0),
    "uniform": Shape(
        lambda rng, n: rng.uniform(-ROOT_3, ROOT_3, n),
        lambda x: np.where(np.abs(x) <= ROOT_3, 0.5 / ROOT_3, 0.0),
        *(0.0, -1.2),
    ),
    "exponential": Shape(
        lambda rng, n: rng.exponential(size=n) - 1,
        lambda x: np.where(x >= -1, np.exp(-(np.maximum(x, -1) + 1)), 0.0),
        *(2.0, 6.0),
    ),
    "mixture": Shape(
        lambda rng, n: rng.choice([-APART, APART], n) + WITHIN * rng.standard_normal(n),
        lambda x: (_normal(x, -APART, WITHIN) + _normal(x, APART, WITHIN)) / 2,
        *(0.0, -2 * APART**4),
    ),
}


class Target(NamedTuple):
    """A density to be learnt: one of SHAPES, moved and stretched."""

    shape: str = "normal"
    mean: float = 4.0
    std: float = 1.25

    def __str__(self) -> str:
        if self.shape == "normal":
            return f"N({self.mean:g}, {self.std:g})"
        return f"{self.shape}, mean {self.mean:g}, deviation {self.std:g}"

    def draw(self, rng: np.random.Generator, count: int) -> np.ndarray:
        """Return so many independent samples (count,)."""
        return self.mean + self.std * SHAPES[self.shape].draw(rng, count)

    def density(self, x: np.ndarray) -> np.ndarray:
        """Return the density at x (n,)."""
        return SHAPES[self.shape].density((x - self.mean) / self.std) / self.std

    @property
    def moments(self) -> dict[str, float]:
        """Mean, standard deviation, skew and excess kurtosis."""
        shape = SHAPES[self.shape]
        return {
            "mean": self.mean,
            "std": self.std,
            "skew": shape.skew,
            "kurtosis": shape.kurtosis,
        }


class Fit(NamedTuple):
    """What samples come to beside a target."""

    mean: float
    std: float
    skew: float
    kurtosis: float
    wasserstein: float  # Wasserstein-1 distance to fresh samples of the target, in its deviations
    ks: float  # Kolmogorov-Smirnov: the largest gap between the two distribution functions


Row = dict[str, float]


class Course(NamedTuple):
    """What one training on a target came to."""

    seed: int
    rows: list[Row]  # for each look: round, losses, and the fields of Fit
    histograms: np.ndarray  # (looks, BINS), shares of the samples between `edges`
    samples: np.ndarray  # (n,), the last ones
    seconds: float

    @property
    def fit(self) -> Fit:
        """What the last samples came to."""
        return Fit(*(self.rows[-1][name] for name in Fit._fields))


def edges(target: Target) -> np.ndarray:
    """Return the borders (BINS + 1,) of the bins of histograms."""
    return target.mean + target.std * np.linspace(-SPAN, SPAN, BINS + 1)


def fit(samples: np.ndarray, target: Target, seed: int = 0) -> Fit:
    """Return what samples (n,) come to beside n fresh ones of a target."""
    real = target.draw(np.random.default_rng([seed, 1]), len(samples))
    mean, std = samples.mean(), samples.std()
    standard = (samples - mean) / (std or 1)  # equal samples have a skew of 0
    return Fit(
        mean=float(mean),
        std=float(std),
        skew=float(np.mean(standard**3)),
        kurtosis=float(np.mean(standard**4) - 3),
        wasserstein=float(scipy.stats.wasserstein_distance(samples, real)) / target.std,
        ks=float(scipy.stats.ks_2samp(samples, real, method="asymp").statistic),
    )


def missed(found: Fit, target: Target) -> list[str]:
    """Return in what a fit is further from its target than a success allows; often nothing.

    All four of LIMITS are in units of the target's deviation. Real samples, 10,000 of them, come
    to a Wasserstein distance of about 0.02 and a Kolmogorov-Smirnov distance of about 0.013.
    """
    gaps = {
        "mean": abs(found.mean - target.mean) / target.std,
        "std": abs(found.std - target.std) / target.std,
        "wasserstein": found.wasserstein,
        "ks": found.ks,
    }
    return [name for name, gap in gaps.items() if not gap <= LIMITS[name]]  # NaN is a miss, too
