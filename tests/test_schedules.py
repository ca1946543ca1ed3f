"""Numbers that change with the count of updates: where they begin, pass and end."""

import math

import pytest
import tensorflow as tf

from mnist_gan.schedules import constant, cosine, exponential


def values(schedule, *counts: int) -> list[float]:
    """Return the values at these counts of updates."""
    return [float(schedule(tf.constant(count, tf.int64))) for count in counts]


def test_a_constant_stays():
    """Whatever the count."""
    assert values(constant(2e-4), 0, 5, 10**9) == [2e-4] * 3


def test_a_cosine_falls_from_start_to_end_and_stays():
    """Slow at first and at last, half way in the middle."""
    start, quarter, middle, end, after = values(cosine(1.0, 0.2, 100), 0, 25, 50, 100, 900)
    assert (start, middle, end, after) == pytest.approx((1.0, 0.6, 0.2, 0.2))
    assert quarter == pytest.approx(0.2 + 0.8 * (1 + math.cos(math.pi / 4)) / 2)


def test_an_exponential_changes_by_equal_factors_and_stays():
    """The middle is the geometric mean of the ends."""
    start, middle, end, after = values(exponential(15.0, 1.0, 100), 0, 50, 100, 900)
    assert (start, middle, end, after) == pytest.approx((15, 15**0.5, 1, 1))
