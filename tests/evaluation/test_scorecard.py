"""An evaluation's table and sentence say what its values say."""

import pytest

from mnist_gan.evaluation.scorecard import OPINIONS, in_words, table
from mnist_gan.evaluation.table import METRICS

EVEN = {f"digit_{digit}": 0.1 for digit in range(10)}
REAL = {name: 1.0 for name, *_ in METRICS} | EVEN | {"c_t": -1.0}


def words(places=(0.5, 0.5, 0.5), **values):
    """Return the sentence on values like the real ones, but for some."""
    placed = dict(zip(OPINIONS, places, strict=True)) if places else {}
    return in_words(REAL | values, REAL, placed)


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ((0.05, 0.02, -0.01), "close to real digits"),
        ((0.5, 0.9, 0.2), "nearer to real digits than the tutorial's GAN after 100 epochs"),
        ((1.5, 1.2, 2.0), "worse than the tutorial's GAN after 100 epochs"),
        ((0.5, 0.9, 1.4), "The opinions differ"),
        ((1.0, 1.0, 1.0), "as good as the tutorial's GAN after 100 epochs"),
    ],
)
def test_a_gain_counts_when_all_opinions_agree(places, expected):
    """Better or worse is said only where all three distances say so, and each is shown."""
    assert expected in words(places)
    assert ", ".join(f"{place:.2f}" for place in places) in words(places)


def test_other_digits_have_no_yardstick():
    """Where digits are not MNIST's, the distance is compared with that of real ones alone."""
    assert "is 12 times that of other real digits" in words(places=None, frechet_distance=12.0)
    assert "is about that of other real digits" in words(places=None, frechet_distance=1.2)


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ({}, "every digit occurs about as often as it should"),
        ({"digit_2": 0.04}, "2 is rare"),
        ({"digit_2": 0.04, "digit_5": 0.03}, "2, 5 are rare"),
        ({"digit_2": 0.04, "digit_5": 0.001}, "5 hardly ever occurs"),
    ],
)
def test_digits_that_come_too_seldom_are_named(shares, expected):
    """Rare and missing digits are named; missing ones first."""
    assert expected in words(**shares)


def test_digits_never_shown_are_not_missed():
    """Where real digits are 3 and 7 only, nobody misses the others."""
    shares = {f"digit_{digit}": 0.5 * (digit in (3, 7)) for digit in range(10)}
    assert "every digit occurs" in in_words(REAL | shares, REAL | shares, {})


@pytest.mark.parametrize(("c_t", "expected"), [(-9.0, "are copies"), (0.5, "none looks like")])
def test_copies_are_called_so(c_t, expected):
    """The statistic of copying decides on the last clause, which needs MNIST's images."""
    assert expected in words(c_t=c_t)
    unknown = {name: value for name, value in REAL.items() if name != "c_t"}
    assert "cop" not in in_words(unknown, REAL, {})


def test_the_table_fits_60_columns():
    """A row for each value, beside real digits' and the place, within 60 columns."""
    values = {name: 12345.6789 for name, *_ in METRICS} | EVEN
    text = table(values, REAL, dict.fromkeys(OPINIONS, -0.25))
    assert max(map(len, text.splitlines())) <= 60
    assert all(label in text for _, label, *_ in METRICS)
    assert text.count("-0.25") == 3


def test_what_needs_mnist_says_so():
    """Rows for which images are wanting say what would fill them."""
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
