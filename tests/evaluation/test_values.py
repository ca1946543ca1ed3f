"""Metrics get worse with each kind of corruption of digits, and online evaluation agrees."""

import json
from itertools import product

import numpy as np
import pytest
from scipy import ndimage

from mnist_gan.data.sources import load_data
from mnist_gan.evaluation.baselines import (
    BIASED,
    REAL,
    TUTORIAL,
    average,
    frechet_bias,
    load_baselines,
    normalised_scores,
)
from mnist_gan.evaluation.metrics import (
    TooFewError,
    digit_divergence,
    digit_shares,
    frechet_distance,
    moments,
)
from mnist_gan.evaluation.neighbours import density_coverage
from mnist_gan.evaluation.online import OnlineEvaluation
from mnist_gan.evaluation.references import (
    SPACES,
    extract_features,
    mnist_reference,
    mnist_training_moments,
    reference_of,
)
from mnist_gan.evaluation.table import MIN_SAMPLES
from mnist_gan.evaluation.values import COUNT, evaluate
from mnist_gan.support.assets import asset

HALF = 1000  # images: the smallest number that is evaluated
DISTANCES = ("frechet_distance", "frechet_distance_b", "frechet_distance_pixels")
LADDERS = (  # from mild to strong corruption
    ("noise 0.05", "noise 0.1", "noise 0.2", "noise 0.4"),
    ("blur 0.5", "blur 1.0"),
    ("shift 1", "shift 2"),
    ("dropped 1", "dropped 2", "dropped 5"),
)


@pytest.fixture(scope="module")
def digits():
    """Return two random halves of some embedded digits, and the labels of the second."""
    dataset = load_data("digits")
    order = np.random.default_rng(0).permutation(len(dataset.images))[: 2 * HALF]
    images, labels = dataset.images[order], dataset.labels[order]
    return images[:HALF], images[HALF:], labels[HALF:]


@pytest.fixture(scope="module")
def reference(digits):
    """Return the first half as the reference."""
    return reference_of(extract_features(digits[0]))


@pytest.fixture(scope="module")
def real(digits, reference):
    """Return the metrics of the second half, unchanged."""
    return dict(evaluate(digits[1], reference))


def corrupted(images, labels):
    """Return the images corrupted in several ways, by name."""
    rng, pictures = np.random.default_rng(0), images.reshape(-1, 28, 28)
    makers = {
        **{
            f"noise {s}": np.clip(images + rng.normal(0, s, images.shape), -1, 1)
            for s in (0.05, 0.1, 0.2, 0.4)
        },
        **{f"blur {s}": ndimage.gaussian_filter(pictures, (0, s, s)) for s in (0.5, 1.0)},
        **{f"shift {n}": np.roll(pictures, n, axis=2) for n in (1, 2)},
        **{f"dropped {n}": rng.choice(images[labels >= n], HALF) for n in (1, 2, 5)},
    }
    return {name: made.reshape(-1, 784).astype(np.float32) for name, made in makers.items()}


@pytest.mark.slow
def test_distances_rise_along_the_ladder(digits, reference, real):
    """The stronger the corruption of real digits, the larger all three distances."""
    fake = {name: extract_features(images) for name, images in corrupted(*digits[1:]).items()}
    for ladder, (space, key) in product(LADDERS, zip(SPACES, DISTANCES, strict=True)):
        made = (moments(fake[name].features[space]) for name in ladder)
        rungs = [frechet_distance(reference.moments[space], each) for each in made]
        assert [real[key], *rungs] == sorted([real[key], *rungs]), (space, ladder)
    shares = [digit_shares(fake[name].digits) for name in LADDERS[-1]]
    dropped = [digit_divergence(each, reference.shares) for each in shares]
    assert real["digit_divergence"] < dropped[0] < dropped[1] < dropped[2]
    half = density_coverage(reference.features["a"], fake["dropped 5"].features["a"])
    assert half.coverage < 0.7 * real["coverage"]


def test_repeated_images_cover_less(digits, reference, real):
    """A few repeated real images have a high density but a low coverage and recall."""
    repeated = np.repeat(digits[1][:100], HALF // 100, axis=0)
    values = dict(evaluate(repeated, reference))
    assert values["frechet_distance"] > real["frechet_distance"]
    assert values["coverage"] < 0.5 * real["coverage"]
    assert values["recall"] < 0.5 * real["recall"]
    assert values["density"] > 0.8 * real["density"]


def test_distances_rise_along_the_ladder_in_the_bundled_baselines():
    """The baselines measured on MNIST have the same order."""
    baselines = load_baselines()
    for ladder in LADDERS:
        for distance in DISTANCES:
            rungs = [baselines[REAL][distance], *(baselines[name][distance] for name in ladder)]
            assert rungs == sorted(rungs), (distance, ladder)
    coverage = [baselines[name]["coverage"] for name in (REAL, "1,000 repeated", "dropped 5")]
    assert coverage[0] > 1.2 * coverage[1]
    assert coverage[0] > 1.2 * coverage[2]


def test_real_digits_against_themselves(digits, reference):
    """A set of images has distance 0 and digit divergence 0 from itself."""
    values = dict(evaluate(digits[0], reference))
    for distance in DISTANCES:
        assert abs(values[distance]) < 1e-3
    assert values["digit_divergence"] < 1e-3
    assert sum(values[f"digit_{digit}"] for digit in range(10)) == pytest.approx(1)


@pytest.mark.slow
def test_with_mnist_copies_and_a_parzen_window_are_measured(digits, reference):
    """Copies of the given training images are detected, and there is a log-likelihood."""
    train, test = np.tile(digits[0], (52, 1)), digits[1]
    values = dict(evaluate(digits[0], reference, (train, test)))
    assert values["c_t"] < -3
    assert values["ratio"] < 0.1
    assert 0.1 <= values["parzen_sigma"] <= 1
    assert values["parzen_error"] > 0
    assert len(values) == COUNT - 2  # no labels to agree with, and digits, no other classes


def test_too_few_images_are_refused(digits, reference):
    """Below 1,000 images nothing is measured."""
    with pytest.raises(TooFewError, match="At least 1,000 images are needed, not 999"):
        next(evaluate(digits[1][: MIN_SAMPLES - 1], reference))


def test_the_bundled_reference_is_mnist():
    """The bundled statistics are of 10,000 test and 60,000 training images, standardised."""
    reference, train = mnist_reference(), mnist_training_moments()
    assert {space: reference.moments[space].n for space in SPACES} == dict.fromkeys(SPACES, 10_000)
    assert train.n == 60_000
    np.testing.assert_allclose(train.mean, 0, atol=1e-3)
    np.testing.assert_allclose(np.diag(train.covariance), 1, atol=1e-3)
    for name, features in reference.features.items():
        np.testing.assert_allclose(
            features.astype(float).mean(0), reference.moments[name].mean, atol=1e-3
        )
    assert reference.shares.sum() == pytest.approx(1)


def test_an_online_evaluation_is_a_short_evaluation(digits):
    """It has a distance, the shares of the digits and a confidence, all by classifier "a"."""
    online = OnlineEvaluation(digits[0])
    values, fake = online.measure(online.features(digits[1])), extract_features(digits[1])
    assert set(values) == {"frechet_distance", "confidence", *(f"digit_{d}" for d in range(10))}
    assert values["digit_3"] == (fake.digits == 3).mean()
    assert values["confidence"] == pytest.approx(fake.probabilities.max(1).mean())
    noisy = np.clip(digits[1] + np.random.default_rng(0).normal(0, 0.3, digits[1].shape), -1, 1)
    worse = online.measure(online.features(noisy))
    assert worse["frechet_distance"] > 10 * values["frechet_distance"]


def test_an_online_evaluation_with_mnist_needs_no_images():
    """Without images it compares with the bundled statistics of MNIST's training set."""
    assert OnlineEvaluation().shares == pytest.approx(mnist_reference().shares)


def test_normalised_scores_are_0_for_real_digits_and_1_for_the_tutorial():
    """This holds for every scored metric, whether higher or lower is better."""
    baselines = load_baselines()
    assert set(normalised_scores(baselines[REAL], baselines).values()) == {0.0}
    assert set(normalised_scores(baselines[TUTORIAL], baselines).values()) == {1.0}
    between = average([baselines[REAL], baselines[TUTORIAL]])
    scores = normalised_scores(between, baselines)
    assert {round(score, 9) for score in scores.values()} == {0.5}
    assert {"frechet_distance", "coverage_b", "parzen"} < set(scores)
    assert not {"c_t", "digit_3", "parzen_error"} & set(scores)


def test_the_bias_is_that_of_few_samples():
    """It is 0 at 10,000 samples, the measured one at 1,000, and falls in between."""
    baselines = load_baselines()
    few, many = baselines[f"{REAL}-{BIASED}"], baselines[REAL]
    expected = few["frechet_distance"] - many["frechet_distance"]
    assert frechet_bias(10_000, baselines) == 0
    assert frechet_bias(BIASED, baselines) == pytest.approx(expected)
    assert 0 < frechet_bias(5000, baselines) < frechet_bias(2000, baselines) < expected


def test_the_baselines_have_the_documented_number_of_seeds():
    """Real digits five times, the recipes on three seeds, 400 epochs on one."""
    measured = json.loads(asset("calibration.json").read_text())
    counts = {name: len(several) for name, several in measured.items()}
    assert (counts[REAL], counts[TUTORIAL]) == (5, 3)
    assert [counts[name] for name in ("fast", "best", "dcgan", "conditional")] == [3, 3, 3, 3]
    assert (counts["tutorial-20"], counts["tutorial-400-float32"]) == (3, 1)
    assert all(len({frozenset(values) for values in several}) == 1 for several in measured.values())
