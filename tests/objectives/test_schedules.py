"""Numbers that change with the count of updates: where they begin, pass and end."""

import math

import pytest
import tensorflow as tf

from mnist_gan.objectives.schedules import constant, cosine, divided, exponential, linear, scheduled


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


def test_a_line_changes_by_equal_steps_and_stays():
    """A quarter of the way is a quarter of the change."""
    assert values(linear(0.5, 0.7, 100), 0, 25, 100, 900) == pytest.approx([0.5, 0.55, 0.7, 0.7])


def test_a_division_with_each_update_never_ends():
    """After n updates the value is divided by the n-th power."""
    found = values(divided(constant(0.1), 1.000004), 0, 1, 500_000)
    assert found == pytest.approx([0.1, 0.1 / 1.000004, 0.1 * math.exp(-2)], rel=1e-3)


def test_numbers_and_schedules_are_schedules():
    """A number stays; a schedule is left as it is."""
    falling = cosine(1.0, 0.2, 100)
    assert scheduled(falling) is falling
    assert values(scheduled(3e-3), 0, 7) == [3e-3] * 2
