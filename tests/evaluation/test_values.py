"""Evaluation rises with what is wrong with digits, whichever way they are spoilt."""

import json
from itertools import product

import numpy as np
import pytest
from scipy import ndimage

from mnist_gan.data.sources import load_data
from mnist_gan.evaluation.baselines import (
    BIASED,
    REAL,
    YARDSTICK,
    average,
    bias,
    calibration,
    places,
)
from mnist_gan.evaluation.metrics import (
    TooFewError,
    density_coverage,
    digit_divergence,
    digit_shares,
    frechet_distance,
    moments,
)
from mnist_gan.evaluation.online import OnlineEvaluation
from mnist_gan.evaluation.references import (
    SPACES,
    look,
    mnist_reference,
    mnist_training_moments,
    reference_of,
)
from mnist_gan.evaluation.values import FEWEST, METRICS, evaluate
from mnist_gan.support.assets import asset

HALF = 1000  # images: the fewest that are evaluated
DISTANCES = ("frechet_distance", "frechet_distance_b", "frechet_distance_pixels")
LADDERS = (  # from bad to worse
    ("noise 0.05", "noise 0.1", "noise 0.2", "noise 0.4"),
    ("blur 0.5", "blur 1.0"),
    ("shift 1", "shift 2"),
    ("dropped 1", "dropped 2", "dropped 5"),
)


@pytest.fixture(scope="module")
def digits():
    """Return two halves of some embedded digits, in no order, and the labels of the second."""
    dataset = load_data("digits")
    order = np.random.default_rng(0).permutation(len(dataset.images))[: 2 * HALF]
    images, labels = dataset.images[order], dataset.labels[order]
    return images[:HALF], images[HALF:], labels[HALF:]


@pytest.fixture(scope="module")
def reference(digits):
    """Return the first half as the reference."""
    return reference_of(look(digits[0]))


@pytest.fixture(scope="module")
def real(digits, reference):
    """Return what the second half, unspoilt, comes to."""
    return dict(evaluate(digits[1], reference))


def spoilt(images, labels):
    """Return the images spoilt in several ways, by name."""
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


def test_distances_rise_along_the_ladder(digits, reference, real):
    """The worse real digits are spoilt, the larger all three distances."""
    seen = {name: look(images) for name, images in spoilt(*digits[1:]).items()}
    for ladder, (space, key) in product(LADDERS, zip(SPACES, DISTANCES, strict=True)):
        made = (moments(seen[name].features[space]) for name in ladder)
        rungs = [frechet_distance(reference.moments[space], each) for each in made]
        assert [real[key], *rungs] == sorted([real[key], *rungs]), (space, ladder)
    shares = [digit_shares(seen[name].digits) for name in LADDERS[-1]]
    dropped = [digit_divergence(each, reference.shares) for each in shares]
    assert real["digit_divergence"] < dropped[0] < dropped[1] < dropped[2]
    left = density_coverage(reference.features["a"], seen["dropped 5"].features["a"])
    assert left.variety < 0.7 * real["coverage"]


def test_repeated_images_cover_less(digits, reference, real):
    """A few images many times over are real enough but cover little."""
    repeated = np.repeat(digits[1][:100], HALF // 100, axis=0)
    seen = dict(evaluate(repeated, reference))
    assert seen["frechet_distance"] > real["frechet_distance"]
    assert seen["coverage"] < 0.5 * real["coverage"]
    assert seen["recall"] < 0.5 * real["recall"]
    assert seen["density"] > 0.8 * real["density"]


def test_the_shipped_ladder_rises_too():
    """What was measured on MNIST and ships as the calibration has the same order."""
    measured = calibration()
    for ladder in LADDERS:
        for distance in DISTANCES:
            rungs = [measured[REAL][distance], *(measured[name][distance] for name in ladder)]
            assert rungs == sorted(rungs), (distance, ladder)
    coverage = [measured[name]["coverage"] for name in (REAL, "1,000 repeated", "dropped 5")]
    assert coverage[0] > 1.2 * coverage[1]
    assert coverage[0] > 1.2 * coverage[2]


def test_real_digits_against_themselves(digits, reference):
    """A set of images has no distance to itself and its own shares of digits."""
    values = dict(evaluate(digits[0], reference))
    for distance in DISTANCES:
        assert abs(values[distance]) < 1e-3
    assert values["digit_divergence"] < 1e-3
    assert sum(values[f"digit_{digit}"] for digit in range(10)) == pytest.approx(1)


def test_with_mnist_there_are_copies_and_a_window(digits, reference):
    """Given training and test images, copies of the first are told, and a likelihood is there."""
    train, test = np.tile(digits[0], (52, 1)), digits[1]
    values = dict(evaluate(digits[0], reference, (train, test)))
    assert values["c_t"] < -3
    assert values["ratio"] < 0.1
    assert 0.1 <= values["parzen_sigma"] <= 1
    assert values["parzen_error"] > 0
    assert len(values) == METRICS


def test_too_few_images_are_refused(digits, reference):
    """Below 1,000 images nothing is measured."""
    with pytest.raises(TooFewError, match="At least 1,000 images are needed, not 999"):
        next(evaluate(digits[1][: FEWEST - 1], reference))


def test_the_bundled_reference_is_mnist():
    """The shipped statistics are of 10,000 test and 60,000 training images, standardised."""
    reference, train = mnist_reference(), mnist_training_moments()
    assert {space: reference.moments[space].n for space in SPACES} == dict.fromkeys(SPACES, 10_000)
    assert train.n == 60_000
    np.testing.assert_allclose(train.mean, 0, atol=1e-3)
    np.testing.assert_allclose(np.diag(train.covariance), 1, atol=1e-3)
    for judge, features in reference.features.items():
        np.testing.assert_allclose(
            features.astype(float).mean(0), reference.moments[judge].mean, atol=1e-3
        )
    assert reference.shares.sum() == pytest.approx(1)


def test_a_census_is_a_short_evaluation(digits):
    """It has a distance, the shares of the digits and a confidence, all of the first judge."""
    online = OnlineEvaluation(digits[0])
    taken, view = online.measure(online.look(digits[1])), look(digits[1])
    assert set(taken) == {"frechet_distance", "confidence", *(f"digit_{d}" for d in range(10))}
    assert taken["digit_3"] == (view.digits == 3).mean()
    assert taken["confidence"] == pytest.approx(view.probabilities.max(1).mean())
    noisy = np.clip(digits[1] + np.random.default_rng(0).normal(0, 0.3, digits[1].shape), -1, 1)
    spoilt = online.measure(online.look(noisy))
    assert spoilt["frechet_distance"] > 10 * taken["frechet_distance"]


def test_a_census_of_mnist_needs_no_images():
    """Without images it compares with the shipped statistics of MNIST's training set."""
    assert OnlineEvaluation().shares == pytest.approx(mnist_reference().shares)


def test_places_lie_between_real_digits_and_the_yardstick():
    """Real digits stand at 0, the tutorial's at 1, whichever end of a metric is the better."""
    measured = calibration()
    assert set(places(measured[REAL], measured).values()) == {0.0}
    assert set(places(measured[YARDSTICK], measured).values()) == {1.0}
    between = average([measured[REAL], measured[YARDSTICK]])
    placed = places(between, measured)
    assert {round(place, 9) for place in placed.values()} == {0.5}
    assert {"frechet_distance", "coverage_b", "parzen"} < set(placed)
    assert not {"c_t", "digit_3", "parzen_error"} & set(placed)


def test_the_bias_is_that_of_few_samples():
    """It is none at 10,000 samples, as measured at 1,000, and falls between."""
    measured = calibration()
    raised = (measured[f"{REAL}-{BIASED}"], measured[REAL])
    expected = raised[0]["frechet_distance"] - raised[1]["frechet_distance"]
    assert bias(10_000, measured) == 0
    assert bias(BIASED, measured) == pytest.approx(expected)
    assert 0 < bias(5000, measured) < bias(2000, measured) < expected


def test_the_calibration_holds_what_was_promised():
    """Real digits five times, the recipes on three seeds, 400 epochs on one."""
    measured = json.loads(asset("calibration.json").read_text())
    counts = {name: len(several) for name, several in measured.items()}
    assert (counts[REAL], counts[YARDSTICK]) == (5, 3)
    assert [counts[name] for name in ("fast", "best", "dcgan", "conditional")] == [3, 3, 3, 3]
    assert (counts["tutorial-20"], counts["tutorial-400-float32"]) == (3, 1)
    assert all(len({frozenset(values) for values in several}) == 1 for several in measured.values())
