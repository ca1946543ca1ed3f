"""Latents as a pure function of (seed, index), and walks between them."""

import numpy as np
import pytest

from mnist_gan.noise import BLOCK, BOUND, codes, latents, walk

LARGEST = 2**63 - 1  # the largest seed that `--seed` takes


def two_at(degrees: float, length: float) -> np.ndarray:
    """Return two latents (2, 50) of one length with an angle between them."""
    first, second = np.linalg.qr(np.random.default_rng(0).standard_normal((50, 50)))[0][:2]
    angle = np.radians(degrees)
    turned = np.cos(angle) * first + np.sin(angle) * second
    return (length * np.stack([first, turned])).astype(np.float32)


@pytest.mark.parametrize("start", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK - 3])
@pytest.mark.parametrize("count", [1, 2, BLOCK, BLOCK + 5])
def test_latent_k_does_not_depend_on_what_else_is_drawn(start, count):
    """Any part of the row is the same whether drawn alone or within the whole."""
    whole = latents(3, 4 * BLOCK, 5)
    part = latents(3, count, 5, start=start)
    assert (part.shape, part.dtype) == ((count, 5), np.float32)
    np.testing.assert_array_equal(part, whole[start : start + count])


def test_uniform_latents_have_deviation_1():
    """They fill their bounds evenly, and are as free of what else is drawn."""
    drawn = latents(3, 4 * BLOCK, 50, distribution="uniform")
    assert drawn.dtype == np.float32
    shares = np.histogram(drawn, 10, (-BOUND, BOUND))[0] / drawn.size
    np.testing.assert_allclose(shares, 0.1, atol=0.005)
    assert drawn.std() == pytest.approx(1, abs=0.01)
    part = latents(3, 5, 50, start=BLOCK - 2, distribution="uniform")
    np.testing.assert_array_equal(part, drawn[BLOCK - 2 : BLOCK + 3])


@pytest.mark.parametrize("size", [10, 24, 50])
def test_mixed_latents_have_deviation_1(size):
    """A fifth of the numbers says which of as many kinds, all as often; the others are normal."""
    drawn = latents(3, 40 * BLOCK, size, distribution="normal+categorical")
    assert (drawn.dtype, drawn.shape) == (np.float32, (40 * BLOCK, size))
    np.testing.assert_allclose(drawn.mean(0), 0, atol=0.06)
    np.testing.assert_allclose(drawn.std(0), 1, atol=0.2)
    known, count = codes(size), size // 5
    assert known.shape == (count, count)
    np.testing.assert_allclose((known.mean(0), known.std(0)), ([0] * count, [1] * count), atol=1e-6)
    said = drawn[:, :count].argmax(1)
    np.testing.assert_array_equal(drawn[:, :count], known[said])
    np.testing.assert_allclose(np.bincount(said) / len(said), 1 / count, atol=0.02)
    part = latents(3, 5, size, start=BLOCK - 2, distribution="normal+categorical")
    np.testing.assert_array_equal(part, drawn[BLOCK - 2 : BLOCK + 3])


@pytest.mark.parametrize("start", [0, 5, BLOCK])
def test_no_latents_can_be_drawn(start):
    """A count of zero gives an empty array of the right width."""
    assert latents(0, 0, 4, start=start).shape == (0, 4)


def test_latents_ignore_the_global_random_state():
    """The same seed gives the same latents whatever was seeded or drawn elsewhere."""
    np.random.seed(1)
    once = latents(11, 3, 4)
    np.random.seed(2)
    np.testing.assert_array_equal(latents(11, 3, 4), once)


def test_a_seed_means_the_same_for_ever():
    """The latents of seed 0 are those of the first release: published images can be drawn again."""
    first = [[0.0599110, 0.0155596], [-1.1644385, -0.1326471], [-1.4314630, 1.6707169]]
    np.testing.assert_allclose(latents(0, 257, 2)[[0, 1, 256]], first, rtol=1e-5)


def test_seeds_differ():
    """No two of many seeds, the largest among them, share their first latent."""
    seeds = [*range(50), 2**31, 2**32, LARGEST - 1, LARGEST]
    first = np.concatenate([latents(seed, 1, 8) for seed in seeds])
    assert len(np.unique(first, axis=0)) == len(seeds)


def test_no_latent_comes_twice():
    """The latents of a seed differ from one another, also from block to block."""
    drawn = latents(0, 4 * BLOCK, 8)
    assert len(np.unique(drawn, axis=0)) == 4 * BLOCK


def test_latents_are_standard_normal():
    """Mean, variance, skewness, kurtosis and correlation of a large sample are the normal's."""
    drawn = latents(LARGEST, 20_000, 10).astype(np.float64)  # 200,000 numbers
    values = drawn.ravel()
    assert abs(values.mean()) < 0.01  # standard error 0.0022
    assert abs(values.var() - 1) < 0.015  # 0.0032
    assert abs((values**3).mean()) < 0.04  # 0.0087
    assert abs((values**4).mean() - 3) < 0.1  # 0.022
    correlation = np.corrcoef(drawn, rowvar=False) - np.eye(10)
    assert np.abs(correlation).max() < 0.035  # 0.007
    assert abs(np.corrcoef(values[:-10], values[10:])[0, 1]) < 0.01  # from latent to latent


@pytest.mark.parametrize(("n", "steps"), [(2, 2), (2, 9), (4, 5)])
def test_a_walk_begins_and_ends_at_its_waypoints(n, steps):
    """Each leg takes `steps` latents, the first and the last being the waypoints themselves."""
    waypoints = latents(5, n, 50)
    path = walk(waypoints, steps)
    assert (path.shape, path.dtype) == (((n - 1) * steps, 50), np.float32)
    np.testing.assert_allclose(path[::steps], waypoints[:-1], atol=1e-5)
    np.testing.assert_allclose(path[steps - 1 :: steps], waypoints[1:], atol=1e-5)


@pytest.mark.parametrize("degrees", [20, 90, 150])
def test_a_walk_stays_on_the_sphere_and_turns_evenly(degrees):
    """Between latents of length 7 all have length 7, and each of 10 strides turns as far."""
    path = walk(two_at(degrees, length=7), 11) / 7
    np.testing.assert_allclose(np.linalg.norm(path, axis=1), 1, rtol=1e-5)
    turns = np.degrees(np.arccos((path[:-1] * path[1:]).sum(1)))
    np.testing.assert_allclose(turns, degrees / 10, rtol=1e-2)


@pytest.mark.parametrize("factor", [1, 2, -1, 0], ids=["same", "parallel", "opposite", "zero"])
@pytest.mark.parametrize("begin", [latents(1, 1, 20)[0], np.eye(20, dtype=np.float32)[3]])
def test_waypoints_in_one_line_give_numbers(begin, factor):
    """Waypoints between which no arc is defined are still joined, without a NaN or a leap."""
    path = walk(np.stack([begin, factor * begin]), 5)
    assert np.isfinite(path).all()
    np.testing.assert_allclose(path[[0, -1]], [begin, factor * begin], atol=1e-4)
    assert np.linalg.norm(path, axis=1).max() <= 1.001 * max(1, factor) * np.linalg.norm(begin)


def test_a_walk_between_uniform_latents_is_straight_and_stays_in_the_cube():
    """Every stride is the same; no number leaves the bounds, as those of an arc would."""
    ends = BOUND * np.sign(latents(5, 2, 50))
    path = walk(ends, 7, "uniform")
    np.testing.assert_allclose(
        np.diff(path, axis=0), np.tile((ends[1] - ends[0]) / 6, (6, 1)), atol=1e-5
    )
    assert np.abs(path).max() <= BOUND + 1e-6
    assert np.abs(walk(ends, 7)).max() > BOUND + 0.1
