"""An evaluation's table and sentence say what its values say."""

import pytest

from mnist_gan.evaluation.scorecard import DISTANCES, in_words, table
from mnist_gan.evaluation.table import METRICS

EVEN = {f"digit_{digit}": 0.1 for digit in range(10)}
REAL = {name: 1.0 for name, *_ in METRICS} | EVEN | {"c_t": -1.0}


def words(distances=(0.5, 0.5, 0.5), **values):
    """Return the sentence on the real values with some changed, given three normalised scores."""
    scores = dict(zip(DISTANCES, distances, strict=True)) if distances else {}
    return in_words(REAL | values, REAL, scores)


@pytest.mark.parametrize(
    ("distances", "expected"),
    [
        ((0.05, 0.02, -0.01), "close to real digits"),
        ((0.5, 0.9, 0.2), "nearer to real digits than the tutorial's GAN after 100 epochs"),
        ((1.5, 1.2, 2.0), "worse than the tutorial's GAN after 100 epochs"),
        ((0.5, 0.9, 1.4), "The distances disagree"),
        ((1.0, 1.0, 1.0), "as good as the tutorial's GAN after 100 epochs"),
    ],
)
def test_a_gain_counts_when_all_distances_agree(distances, expected):
    """The sentence says better or worse only where all three distances agree, and shows each."""
    assert expected in words(distances)
    assert ", ".join(f"{score:.2f}" for score in distances) in words(distances)


def test_other_digits_have_no_scores():
    """Where digits are not MNIST's, the distance is compared with that of real ones alone."""
    assert "is 12 times that of other real digits" in words(distances=None, frechet_distance=12.0)
    assert "is about that of other real digits" in words(distances=None, frechet_distance=1.2)


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ({}, "every digit occurs about as often as it should"),
        ({"digit_2": 0.04}, "2 is rare"),
        ({"digit_2": 0.04, "digit_5": 0.03}, "2, 5 are rare"),
        ({"digit_2": 0.04, "digit_5": 0.001}, "5 hardly ever occurs"),
    ],
)
def test_rare_and_missing_digits_are_named(shares, expected):
    """Where digits are missing, only these are named."""
    assert expected in words(**shares)


def test_digits_not_in_the_data_are_not_missing():
    """Where real digits are 3 and 7 only, the others are not expected."""
    shares = {f"digit_{digit}": 0.5 * (digit in (3, 7)) for digit in range(10)}
    assert "every digit occurs" in in_words(REAL | shares, REAL | shares, {})


@pytest.mark.parametrize(("c_t", "expected"), [(-9.0, "are copies"), (0.5, "none looks like")])
def test_copies_are_reported(c_t, expected):
    """C_T decides on the last clause, which is left out without C_T."""
    assert expected in words(c_t=c_t)
    unknown = {name: value for name, value in REAL.items() if name != "c_t"}
    assert "cop" not in in_words(unknown, REAL, {})


def test_the_table_fits_60_columns():
    """A row for each metric, with real value and normalised score, within 60 columns."""
    values = {name: 12345.6789 for name, *_ in METRICS} | EVEN
    text = table(values, REAL, dict.fromkeys(DISTANCES, -0.25))
    assert max(map(len, text.splitlines())) <= 60
    assert all(label in text for _, label, *_ in METRICS)
    assert text.count("-0.25") == 3


def test_metrics_that_need_mnist_say_so():
    """Rows without a value say that they need MNIST's images."""
    values = {name: value for name, value in REAL.items() if name not in ("c_t", "parzen")}
    rows = dict(
        zip(
            (label for _, label, *_ in METRICS),
            table(values, REAL, {"score": 0.5}).splitlines()[1:],
            strict=False,
        )
    )
    assert "needs MNIST" in rows["Parzen window, nats"]
    assert "needs MNIST" in rows["copies, C_T"]
    assert "needs MNIST" not in rows["precision"]
