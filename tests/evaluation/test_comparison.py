"""Means, ratios and corrections against SciPy and by hand."""

import math

import numpy as np
import pytest
import scipy

from mnist_gan.evaluation.comparison import corrected, finding, mean_of, ratio_of


def test_the_interval_is_student_s():
    """As scipy.stats computes it."""
    values = [4.1, 3.9, 4.6, 4.0]
    low, high = scipy.stats.t.interval(0.95, 3, loc=np.mean(values), scale=scipy.stats.sem(values))
    found = mean_of(values)
    assert found.mean == pytest.approx(np.mean(values))
    assert found.half == pytest.approx((high - low) / 2)
    assert mean_of([3.0]) == (3.0, None)


def test_the_interval_covers_the_mean_as_often_as_it_says():
    """Of 2,000 means of three normal numbers, 95 % are covered, within three standard errors."""
    draws = np.random.default_rng(0).normal(5, 2, (2000, 3))
    found = [mean_of(row.tolist()) for row in draws]
    covered = np.mean([abs(each.mean - 5) <= each.half for each in found])
    assert abs(covered - 0.95) < 3 * math.sqrt(0.95 * 0.05 / 2000)


def test_a_ratio_is_one_of_geometric_means():
    """A group that is three times as large everywhere has the ratio 3, whatever its spread."""
    baseline = [1.0, 1.3, 0.8, 1.1]
    found = ratio_of([3 * value for value in baseline], baseline)
    assert found.ratio == pytest.approx(3)
    assert found.low < 3 < found.high
    assert found.p < 0.001
    back = ratio_of(baseline, [3 * value for value in baseline])
    assert (back.low, back.high) == pytest.approx((1 / found.high, 1 / found.low))


def test_equal_groups_do_not_differ():
    """Also where there is no spread at all."""
    assert ratio_of([2.0, 2.5], [2.0, 2.5]).p == pytest.approx(1)
    assert ratio_of([2.0, 2.0], [2.0, 2.0]) == (1, 1, 1, 1)
    assert ratio_of([2.0, 2.0], [1.0, 1.0]).p == 0


@pytest.mark.slow
def test_chance_is_found_as_rarely_as_it_says():
    """With ten settings that change nothing, any is called different in 5 % of sweeps at most."""
    rng = np.random.default_rng(1)
    false = 0
    for _ in range(300):
        groups = np.exp(rng.normal(0, 0.1, (11, 5)))
        p_values = corrected([ratio_of(group, groups[0]).p for group in groups[1:]])
        false += min(p_values) < 0.05
    assert false / 300 < 0.05 + 3 * math.sqrt(0.05 * 0.95 / 300)


def test_corrected_values_are_holm_s():
    """The smallest times their number, the next times one less, never falling, at most 1."""
    assert corrected([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])
    assert corrected([0.5, 0.9]) == [1, 1]
    assert corrected([]) == []


def test_findings():
    """Smaller distances are better, if that is no chance."""
    assert [finding(0.5, 0.01), finding(2, 0.01), finding(0.5, 0.05)] == [
        "better",
        "worse",
        "unclear",
    ]
