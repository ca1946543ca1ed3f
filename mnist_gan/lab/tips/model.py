"""The tips, and how trainings with and without one are compared."""

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import scipy

BASELINE = "baseline"
CONFIDENCE = 0.95  # of the interval in which the ratio of two distances lies


class Tip(NamedTuple):
    """A piece of advice, as one change to the baseline: the tutorial, which follows some of it."""

    change: str  # in words
    settings: Mapping[str, Any] = {}
    is_frozen: bool = False  # D is frozen before its optimizer has seen its weights


BASELINE_TIP = Tip("the tutorial")
TIPS = {
    "smoothing": Tip("without label smoothing", {"training.real_label": 1.0}),
    "rates": Tip(
        "D learns four times as fast as G",
        {"generator.learning_rate": 1e-4, "discriminator.learning_rate": 4e-4},
    ),
    "warmup": Tip("D begins with 500 updates alone", {"discriminator.pretrain_steps": 500}),
    "steps": Tip(
        "three updates of D for each of G", {"discriminator.updates_per_generator_update": 3}
    ),
    "freezing": Tip("D frozen too early", is_frozen=True),
    "dropout": Tip("without dropout in D", {"discriminator.dropout": 0.0}),
    "latent": Tip("latents of 10 numbers, not 100", {"noise.latent_size": 10}),
}


class Outcome(NamedTuple):
    """What one training came to in the end."""

    variant: str  # BASELINE or one of TIPS
    seed: int
    frechet_distance: float | None  # None where there were no numbers any more
    missing: str  # the digits that it hardly draws
    verdict: str  # the doctor's, by its name
    seconds: float


class Comparison(NamedTuple):
    """The trainings of one variant beside those of the baseline."""

    variant: str
    mean: float  # of the Fréchet distances
    std: float
    ratio: float  # of the distances to the baseline's, in geometric means
    low: float  # between these the ratio lies, with CONFIDENCE
    high: float

    @property
    def finding(self) -> str:
        """Whether the difference exceeds what seeds alone make: better, worse or unclear."""
        if self.high < 1:
            return "better"
        return "worse" if self.low > 1 else "unclear"


def compare(outcomes: Sequence[Outcome]) -> list[Comparison]:
    """Return a comparison for each tip of which two trainings or more came to an end.

    Distances are compared by their logarithms, since a bad one lies many times above a good one:
    Welch's interval for the difference of their means (Welch 1947), as a ratio.
    """
    usual = distances(outcomes, BASELINE)
    variants = dict.fromkeys(outcome.variant for outcome in outcomes)
    return [
        _comparison(variant, found, usual)
        for variant in variants
        if variant != BASELINE and min(len(found := distances(outcomes, variant)), len(usual)) > 1
    ]


def distances(outcomes: Sequence[Outcome], variant: str) -> list[float]:
    """Return the Fréchet distances of a variant, of the trainings that came to an end."""
    return [
        outcome.frechet_distance
        for outcome in outcomes
        if outcome.variant == variant and outcome.frechet_distance is not None
    ]


def mean_and_deviation(values: Sequence[float]) -> tuple[float, float]:
    """Return the mean of two values or more, and their standard deviation."""
    return statistics.mean(values), statistics.stdev(values)


def _comparison(variant: str, found: Sequence[float], usual: Sequence[float]) -> Comparison:
    """Return how the distances of a variant lie beside the usual ones."""
    logs = [[math.log(value) for value in values] for values in (found, usual)]
    interval = scipy.stats.ttest_ind(*logs, equal_var=False).confidence_interval(CONFIDENCE)
    middle = (interval.low + interval.high) / 2
    ratios = (math.exp(value) for value in (middle, interval.low, interval.high))
    return Comparison(variant, *mean_and_deviation(found), *ratios)
