"""An evaluation's table and sentence say what its values say."""

import pytest

from mnist_gan.evaluation.scorecard import DISTANCES, in_words, table, tables
from mnist_gan.evaluation.table import METRICS
from mnist_gan.runs import Evaluation, now

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
    assert "is 12 times that of other real images" in words(distances=None, frechet_distance=12.0)
    assert "is about that of other real images" in words(distances=None, frechet_distance=1.2)


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


def evaluated(value=1.5, against="real digits", real=REAL, **values):
    """Return an evaluation in which every metric has one value."""
    found = {name: value for name in real if name != "agreement"} | EVEN | values
    return Evaluation(
        generator="generator.keras",
        epoch=3,
        samples=1000,
        against=against,
        values=found,
        real=real,
        places={"score": 0.5},
        summary="",
        version="1",
        made=now(),
    )


def test_two_generators_fit_60_columns():
    """A column for each, a row for each metric and digit, and the values of real digits."""
    lines = tables([evaluated(12345.6789), evaluated(2.5)], 60).splitlines()
    assert max(map(len, lines)) <= 60
    assert lines[0] == "1,000 samples against real digits"
    assert lines[2].split() == ["#1", "#2", "real"]
    rows = {line[:20].strip(): line[20:].split() for line in lines[3:]}
    assert rows["Fréchet distance"] == ["12345.68", "2.50", "1.00"]
    assert rows["digit 7, %"] == ["10", "10", "10"]
    assert "as conditioned on" not in rows


def test_more_generators_than_fit_go_on_below():
    """Each keeps its number, and all rows come again beside those of real digits."""
    text = tables([evaluated(place) for place in range(7)], 80)
    assert max(map(len, text.splitlines())) <= 80
    heads = [line.split() for line in text.splitlines() if "#" in line]
    assert heads == [["#1", "#2", "#3", "#4", "real"], ["#5", "#6", "#7", "real"]]
    assert text.count("Fréchet distance") == 2


def test_generators_that_were_compared_with_other_images_have_a_table_of_their_own():
    """The same description with other values is another comparison, too."""
    other = REAL | {"precision": 0.25}
    several = [evaluated(), evaluated(against="mine"), evaluated(), evaluated(real=other)]
    text = tables(several, 80)
    heads = [line.split() for line in text.splitlines() if "#" in line]
    assert heads == [["#1", "#3", "real"], ["#2", "real"], ["#4", "real"]]
    assert text.count("1,000 samples against real digits") == 2
    assert text.count("1,000 samples against mine") == 1


def test_a_metric_that_one_generator_lacks_is_a_dash_and_one_that_all_lack_says_why():
    """Agreement is that of conditional generators alone; copies need MNIST's images."""
    real = {name: value for name, value in REAL.items() if name != "c_t"}
    text = tables([evaluated(real=real, agreement=0.5), evaluated(real=real)], 60)
    rows = {line[:20].strip(): line[20:] for line in text.splitlines()}
    assert rows["as conditioned on"].split() == ["0.500", "-", "1.000"]
    assert rows["copies, C_T"].split() == ["needs", "MNIST", "needs", "MNIST", "-"]
