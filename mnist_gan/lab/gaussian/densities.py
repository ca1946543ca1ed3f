"""Densities on a line, and how near samples come to them."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import scipy

LIMITS = {"mean": 0.05, "std": 0.05, "wasserstein": 0.05, "ks": 0.03}  # see `missed`
ROOT_3 = math.sqrt(3)  # U(-ROOT_3, ROOT_3) has standard deviation 1
NAMES = {"mean": "mean", "std": "std", "wasserstein": "W1", "ks": "KS"}  # as printed
BINS = 100  # of histograms, which extend SPAN standard deviations of the target to either side
SPAN = 5
CENTRE, WIDTH = 0.8, 0.6  # the mixture's means are ±CENTRE; its variance CENTRE^2 + WIDTH^2 is 1


class Shape(NamedTuple):
    """A density with mean 0 and standard deviation 1."""

    draw: Callable[[np.random.Generator, int], np.ndarray]
    density: Callable[[np.ndarray], np.ndarray]
    skew: float
    kurtosis: float  # excess kurtosis: 0 for a normal density


def normal(x: np.ndarray, mean: float = 0.0, std: float = 1.0) -> np.ndarray:
    """Return the normal density (n,) at x (n,).

    Args:
        x: Points.
        mean: Its mean.
        std: Its standard deviation.
    """
    return np.exp(-0.5 * ((x - mean) / std) ** 2) / (std * math.sqrt(2 * math.pi))


SHAPES = {
    "normal": Shape(lambda rng, n: rng.standard_normal(n), normal, 0.0, 0.0),
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
        lambda rng, n: rng.choice([-CENTRE, CENTRE], n) + WIDTH * rng.standard_normal(n),
        lambda x: (normal(x, -CENTRE, WIDTH) + normal(x, CENTRE, WIDTH)) / 2,
        *(0.0, -2 * CENTRE**4),
    ),
}


class Target(NamedTuple):
    """The density to learn: one of SHAPES or a shape of its own, shifted and scaled."""

    shape: str = "normal"
    mean: float = 4.0
    std: float = 1.25
    own: Shape | None = None  # the shape, where `shape` is only its description

    def __str__(self) -> str:
        if self.own:
            return self.shape
        if self.shape == "normal":
            return f"N({self.mean:g}, {self.std:g})"
        return f"{self.shape}, mean {self.mean:g}, std {self.std:g}"

    @property
    def _shape(self) -> Shape:
        return self.own or SHAPES[self.shape]

    def draw(self, rng: np.random.Generator, count: int) -> np.ndarray:
        """Draw independent samples.

        Args:
            rng: Source of random numbers.
            count: Number of samples.

        Returns:
            Samples (count,).
        """
        return self.mean + self.std * self._shape.draw(rng, count)

    def density(self, x: np.ndarray) -> np.ndarray:
        """Return the density (n,) at x (n,)."""
        return self._shape.density((x - self.mean) / self.std) / self.std

    @property
    def moments(self) -> dict[str, float]:
        """Mean, standard deviation, skew and excess kurtosis."""
        shape = self._shape
        return {
            "mean": self.mean,
            "std": self.std,
            "skew": shape.skew,
            "kurtosis": shape.kurtosis,
        }


class Fit(NamedTuple):
    """Moments of samples, and their distances to a target."""

    mean: float
    std: float
    skew: float
    kurtosis: float
    wasserstein: float  # Wasserstein-1 distance to new samples of the target, divided by its std
    ks: float  # Kolmogorov-Smirnov: the largest gap between the two distribution functions


Row = dict[str, float]


class Result(NamedTuple):
    """The result of one training."""

    seed: int
    history: list[Row]  # of each evaluation: round, losses, and the fields of Fit
    histograms: np.ndarray  # (evaluations, BINS), shares of the samples between `edges`
    samples: np.ndarray  # (n,), from the last evaluation
    seconds: float

    @property
    def fit(self) -> Fit:
        """The fit of the last samples."""
        return Fit(*(self.history[-1][name] for name in Fit._fields))


def edges(target: Target) -> np.ndarray:
    """Return the bin edges (BINS + 1,) of histograms."""
    return target.mean + target.std * np.linspace(-SPAN, SPAN, BINS + 1)


def fit(samples: np.ndarray, target: Target, seed: int = 0) -> Fit:
    """Measure how well samples match a target.

    Args:
        samples: Samples (n,).
        target: The density they should have.
        seed: Seed of the n new samples of the target that they are compared with.

    Returns:
        Moments of the samples and distances to the new ones.
    """
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
    """List the limits that a fit exceeds; a run passes if there are none.

    The limits of mean, standard deviation and Wasserstein distance are in units of the target's
    standard deviation. The Kolmogorov-Smirnov distance has no unit: it is a difference of
    probabilities. For 10,000 real samples the Wasserstein distance is about 0.02 and the
    Kolmogorov-Smirnov distance about 0.013.

    Args:
        found: Fit of the samples.
        target: The density they should have.

    Returns:
        Keys of LIMITS; non-finite values exceed every limit.
    """
    gaps = {
        "mean": abs(found.mean - target.mean) / target.std,
        "std": abs(found.std - target.std) / target.std,
        "wasserstein": found.wasserstein,
        "ks": found.ks,
    }
    return [name for name, gap in gaps.items() if not gap <= LIMITS[name]]  # NaN is a miss, too
