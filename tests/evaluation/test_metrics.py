"""Every metric: closed form or naive reference, identical sets, too few samples."""

import itertools
import tracemalloc

import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import cdist

from mnist_gan.evaluation.metrics import (
    TooFewError,
    classifier_score,
    digit_divergence,
    digit_shares,
    frechet_distance,
    kernel_distance,
    moments,
)
from mnist_gan.evaluation.neighbours import (
    density_coverage,
    memorisation,
    nearest,
    precision_recall,
)
from mnist_gan.evaluation.parzen import parzen


@pytest.fixture
def rng() -> np.random.Generator:
    """Return a random number generator."""
    return np.random.default_rng(0)


def test_frechet_distance_of_commuting_covariances_is_their_closed_form(rng):
    """For diagonal covariances it is |m1 - m2|^2 + sum (s1 - s2)^2, whatever the rotation."""
    s1, s2, shift = rng.uniform(0.5, 2, 4), rng.uniform(0.5, 2, 4), rng.normal(size=4)
    rotation = stats.ortho_group.rvs(4, random_state=1)
    n = 200_000
    a = moments((rng.normal(size=(n, 4)) * s1) @ rotation)
    b = moments((rng.normal(size=(n, 4)) * s2 + shift) @ rotation)
    assert frechet_distance(a, b) == pytest.approx(shift @ shift + ((s1 - s2) ** 2).sum(), rel=0.01)


def test_frechet_distance_agrees_with_the_root_of_the_product(rng):
    """The symmetric form equals the textbook's trace of (C1 C2)^1/2 by eigenvalues."""
    a, b = (moments(rng.normal(size=(50, 6)) @ rng.normal(size=(6, 6))) for _ in range(2))
    roots = np.sqrt(np.linalg.eigvals(a.covariance @ b.covariance).real).sum()
    traces = np.trace(a.covariance) + np.trace(b.covariance)
    expected = ((a.mean - b.mean) ** 2).sum() + traces - 2 * roots
    assert frechet_distance(a, b) == pytest.approx(expected)
    assert frechet_distance(b, a) == pytest.approx(expected)


def test_frechet_distance_of_identical_sets_is_zero_even_with_a_constant_feature(rng):
    """No imaginary part, no NaN from a covariance without full rank."""
    samples = rng.normal(size=(100, 5))
    samples[:, 2] = 1.0
    samples[:, 3] = samples[:, 4]
    assert frechet_distance(moments(samples), moments(samples)) == pytest.approx(0, abs=1e-6)


def test_moments_are_numpys_in_float64(rng):
    """Mean and unbiased covariance, also from half precision."""
    samples = rng.normal(3, 1, size=(1000, 3)).astype(np.float16)
    found = moments(samples)
    assert found.covariance.dtype == np.float64
    np.testing.assert_allclose(found.mean, samples.astype(float).mean(0))
    np.testing.assert_allclose(found.covariance, np.cov(samples.astype(float).T))


def test_kernel_distance_is_the_naive_sum_over_pairs(rng):
    """One subset of everything equals the double loop of the definition."""
    x, y = rng.normal(size=(12, 3)), rng.normal(0.5, 1, size=(12, 3))

    def k(a, b):
        return (a @ b / 3 + 1) ** 3

    pairs = list(itertools.permutations(range(12), 2))
    expected = sum(k(x[i], x[j]) + k(y[i], y[j]) for i, j in pairs) / len(pairs)
    expected -= 2 * sum(k(a, b) for a in x for b in y) / 144
    assert kernel_distance(x, y, subsets=1, size=12) == pytest.approx(expected)


def test_kernel_distance_of_equal_distributions_is_zero_on_average(rng):
    """Unbiased: far below the distance of a small shift, and possibly negative."""
    a, b = rng.normal(size=(2, 2000, 8))
    same, moved = (kernel_distance(a, b + by, subsets=20, size=500) for by in (0, 0.3))
    assert abs(same) < 0.01 < moved
    assert kernel_distance(a, b, subsets=3, size=500) == kernel_distance(a, b, subsets=3, size=500)


def test_classifier_score_has_its_extremes():
    """Confident and varied: the number of classes. Always the same probabilities: 1."""
    sure = np.eye(10)[np.arange(1000) % 10]
    assert classifier_score(sure) == pytest.approx(10)
    assert classifier_score(np.full((1000, 10), 0.1)) == pytest.approx(1)
    assert classifier_score(sure[np.zeros(1000, int)]) == pytest.approx(1)


def test_classifier_score_is_the_naive_one(rng):
    """Entropy of the mean less the mean of the entropies."""
    samples = rng.dirichlet(np.full(10, 0.3), size=1000)
    expected = np.exp(stats.entropy(samples.mean(0)) - stats.entropy(samples, axis=1).mean())
    assert classifier_score(samples) == pytest.approx(expected)


def naive_radii(samples: np.ndarray, k: int) -> np.ndarray:
    """Return the distance of each sample to its k-th neighbour."""
    return np.sort(cdist(samples, samples), axis=1)[:, k]


def test_neighbour_metrics_are_the_naive_ones(rng):
    """Precision, recall, density and coverage equal those from full distance matrices."""
    real, fake = rng.normal(size=(1500, 3)), rng.normal(0.7, 0.8, size=(1200, 3))
    between = cdist(fake, real)
    found = precision_recall(real, fake, k=3)
    assert found.precision == (between <= naive_radii(real, 3)).any(1).mean()
    assert found.recall == (naive_radii(fake, 3) >= between.T).any(1).mean()
    found = density_coverage(real, fake, k=5)
    inside = between <= naive_radii(real, 5)
    assert found.density == pytest.approx(inside.sum() / (5 * 1200))
    assert found.coverage == inside.any(0).mean()


def test_neighbour_metrics_on_identical_sets_and_on_one_point(rng):
    """Identical sets are perfect; one repeated sample is precise and covers nothing."""
    real = rng.normal(size=(1000, 4))
    assert precision_recall(real, real) == (1, 1)
    assert density_coverage(real, real).coverage == 1
    one = np.repeat(real[:1], 1000, axis=0)
    assert precision_recall(real, one).precision == 1
    assert precision_recall(real, one).recall < 0.01
    assert density_coverage(real, one).coverage < 0.02


def test_coverage_of_equal_distributions_is_one_minus_two_to_the_minus_k(rng):
    """The expectation in Naeem et al. 2020 for two sets of one distribution."""
    a, b = rng.normal(size=(2, 4000, 5))
    assert density_coverage(a, b, k=5).coverage == pytest.approx(1 - 2**-5, abs=0.015)
    assert density_coverage(a, b, k=5).density == pytest.approx(1, abs=0.06)


def test_ten_thousand_by_ten_thousand_stays_below_a_gigabyte(rng):
    """Distances are computed in chunks."""
    samples = rng.normal(size=(10_000, 8)).astype(np.float32)
    tracemalloc.start()
    try:
        density_coverage(samples, samples)
        assert tracemalloc.get_traced_memory()[1] < 1e9
    finally:
        tracemalloc.stop()


def test_nearest_samples_are_the_naive_ones(rng):
    """The k nearest others of each sample, the nearest first, with their distances."""
    samples, others = rng.normal(size=(7, 5)), rng.normal(size=(40, 5))
    indices, distances = nearest(samples, others, 3)
    naive = np.linalg.norm(samples[:, None] - others, axis=2)
    np.testing.assert_array_equal(indices, naive.argsort(1)[:, :3])
    np.testing.assert_allclose(distances, np.sort(naive, 1)[:, :3])


def test_digits_are_counted_and_compared():
    """Shares of labels, and their KL divergence by hand; infinite for a digit that is not real."""
    shares = digit_shares(np.array([0, 0, 1, 3]), classes=4)
    assert shares.tolist() == [0.5, 0.25, 0, 0.25]
    even = np.full(4, 0.25)
    assert digit_divergence(shares, even) == pytest.approx(0.5 * np.log(2))
    assert digit_divergence(even, even) == 0
    assert digit_divergence(even, shares) == np.inf


def test_copies_are_distinguished_from_new_images(rng):
    """C_T is far below 0 for copies with a little noise, near 0 for new images."""
    train, held_out, new = rng.normal(size=(3, 2000, 6))
    copies = train[:1000] + rng.normal(0, 0.01, size=(1000, 6))
    outliers = rng.normal(3, 1, size=(1000, 6))
    found = [memorisation(train, held_out, fake) for fake in (copies, new, outliers)]
    assert found[0].c_t < -5
    assert abs(found[1].c_t) < 3
    assert found[1].ratio == pytest.approx(1, abs=0.1)
    assert found[0].ratio < 0.1
    assert found[2].ratio > 1.5


def test_one_cluster_of_memorisation_is_scipys_mann_whitney(rng):
    """With a single cluster the statistic is the standard z-score."""
    train, held_out = rng.normal(size=(2, 1000, 4))
    fake = rng.normal(0, 0.9, size=(1000, 4))
    found = memorisation(train, held_out, fake, clusters=1).c_t
    distances = [cdist(samples, train).min(1) for samples in (fake, held_out)]
    p = stats.mannwhitneyu(
        *distances, method="asymptotic", use_continuity=False, alternative="less"
    )
    assert found == pytest.approx(stats.norm.ppf(p.pvalue), rel=1e-4)


def test_parzen_is_scipys_kernel_density(rng):
    """The mean log-likelihood under a mixture of equal Gaussians around the generated samples."""
    fake, test = rng.uniform(size=(1000, 2)), rng.uniform(size=(50, 2))
    found = parzen(fake, test, test, sigmas=np.array([0.2]))
    densities = [
        np.mean([stats.multivariate_normal.pdf(sample, centre, 0.04) for centre in fake[:]])
        for sample in test[:5]
    ]
    few = parzen(fake, test, test[:5], sigmas=np.array([0.2]))
    assert few.mean == pytest.approx(np.mean(np.log(densities)))
    assert found.error > 0


def test_parzen_selects_the_best_width_for_the_validation_samples(rng):
    """Of the default widths the best for the validation samples is used, and returned."""
    fake, validation, test = rng.uniform(size=(3, 1000, 3))
    found = parzen(fake, validation, test)
    each = [parzen(fake, validation, test, np.array([s])).mean for s in np.logspace(-1, 0, 10)]
    assert found.sigma == np.logspace(-1, 0, 10)[np.argmax(each)]
    assert found.mean == pytest.approx(max(each))


FEW = np.zeros((9, 20))


@pytest.mark.parametrize(
    "measure",
    [
        lambda: moments(FEW[:1]),
        lambda: frechet_distance(moments(FEW), moments(FEW)),
        lambda: kernel_distance(FEW, FEW),
        lambda: classifier_score(FEW),
        lambda: precision_recall(FEW, FEW),
        lambda: density_coverage(FEW, FEW),
        lambda: digit_shares(np.array([], int)),
        lambda: memorisation(FEW, FEW, FEW),
        lambda: parzen(FEW, FEW, FEW),
        lambda: nearest(FEW, FEW, 10),
    ],
)
def test_too_few_samples_are_a_clear_error(measure):
    """Every metric says how many samples it needs instead of returning a number."""
    with pytest.raises(TooFewError, match=r"\d+ .*(is|are) needed.*, not \d"):
        measure()


def test_non_finite_features_are_refused(rng):
    """A NaN among the features is an error, not a NaN in a table."""
    samples = rng.normal(size=(1000, 3))
    samples[5, 1] = np.nan
    for measure in (moments, classifier_score, lambda bad: precision_recall(bad * 0, bad)):
        with pytest.raises(ValueError, match="finite"):
            measure(samples)
