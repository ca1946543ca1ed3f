"""Means over seeds, and whether two groups of trainings differ by more than chance."""

import math
import statistics
from collections.abc import Sequence
from typing import NamedTuple

import scipy

CONFIDENCE = 0.95  # level of every interval
SIGNIFICANT = 0.05  # p-values below it


class Mean(NamedTuple):
    """The mean of some values, and half the width of its confidence interval."""

    mean: float
    half: float | None  # None for a single value


class Ratio(NamedTuple):
    """The ratio of two geometric means with its confidence interval, and the p-value of 1."""

    ratio: float
    low: float
    high: float
    p: float


def mean_of(values: Sequence[float]) -> Mean:
    """Return the mean of values with its interval by Student's t distribution.

    >>> mean_of([1.0, 2.0, 3.0])
    Mean(mean=2.0, half=2.484...)
    """
    mean = statistics.mean(values)
    if len(values) < 2:
        return Mean(mean, None)
    error = statistics.stdev(values) / math.sqrt(len(values))
    return Mean(mean, float(scipy.stats.t.ppf((1 + CONFIDENCE) / 2, len(values) - 1)) * error)


def ratio_of(values: Sequence[float], baseline: Sequence[float]) -> Ratio:
    """Compare two groups of positive values, such as distances.

    Logarithms are compared, because bad distances are many times larger than good ones. The
    interval is Welch's for the difference of their means (Welch 1947), as a ratio.

    Args:
        values: Two or more.
        baseline: Two or more.
    """
    logs = [[math.log(value) for value in group] for group in (values, baseline)]
    if all(statistics.pstdev(group) == 0 for group in logs):  # nothing to estimate a spread from
        ratio = math.exp(logs[0][0] - logs[1][0])
        return Ratio(ratio, ratio, ratio, float(ratio == 1))
    test = scipy.stats.ttest_ind(*logs, equal_var=False)
    interval = test.confidence_interval(CONFIDENCE)
    middle = (interval.low + interval.high) / 2
    ratio, low, high = (math.exp(value) for value in (middle, interval.low, interval.high))
    return Ratio(ratio, low, high, float(test.pvalue))


def corrected(p_values: Sequence[float]) -> list[float]:
    """Return p-values corrected for how many there are (Holm 1979).

    With these, the chance that any true null hypothesis is rejected is below the level.

    >>> corrected([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    found, largest = [1.0] * len(p_values), 0.0
    for rank, place in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[place]))
        found[place] = largest
    return found


def finding(ratio: float, p: float) -> str:
    """Say in a word what a ratio of distances and its corrected p-value mean."""
    if p >= SIGNIFICANT:
        return "unclear"
    return "better" if ratio < 1 else "worse"
