"""Rates and weights that change during training."""

import math
from collections.abc import Callable
from typing import Any

from mnist_gan.support.lazy import ops

Schedule = Callable[[Any], Any]  # from updates made before, an integer


def constant(value: float) -> Schedule:
    """Return a schedule that stays at a value."""
    return lambda count: value


def scheduled(value: float | Schedule) -> Schedule:
    """Return a schedule as it is, and a number as one that stays."""
    return value if callable(value) else constant(value)


def linear(start: float, end: float, updates: int) -> Schedule:
    """Return a change by equal steps, then constant.

    Args:
        start: The first value.
        end: The last value.
        updates: After how many it is reached.
    """
    return lambda count: start + (end - start) * _part(count, updates)


def divided(schedule: Schedule, divisor: float) -> Schedule:
    """Return a schedule whose values are divided once more with each update, without an end.

    Args:
        schedule: The schedule.
        divisor: What they are divided by.
    """
    rate = math.log(divisor)  # 1 / divisor has too few digits for a power
    return lambda count: schedule(count) * ops.exp(-rate * ops.cast(count, "float32"))


def cosine(start: float, end: float, updates: int) -> Schedule:
    """Return a fall along half a cosine, then constant.

    Loshchilov and Hutter 2017 ("SGDR"), without restarts.

    Args:
        start: The first value.
        end: The last value.
        updates: After how many it is reached.
    """

    def value(count: Any) -> Any:
        return end + (start - end) * (1 + ops.cos(math.pi * _part(count, updates))) / 2

    return value


def exponential(start: float, end: float, updates: int) -> Schedule:
    """Return a change by an equal factor with each update, then constant.

    Args:
        start: The first value, above 0.
        end: The last value, above 0.
        updates: After how many it is reached.
    """
    return lambda count: start * ops.power(end / start, _part(count, updates))


def _part(count: Any, updates: int) -> Any:
    """Return how much of the updates is done, from 0 to 1."""
    return ops.minimum(ops.cast(count, "float32") / updates, 1.0)
