"""The metrics and the columns of the history: limits, names, labels, digits, panels of curves."""

from typing import NamedTuple

MIN_SAMPLES = 1000  # images, below which most of the metrics are meaningless
SAMPLES = 10_000  # images that are measured, and real images that they are compared with

DIGITS = tuple(f"digit_{digit}" for digit in range(10))  # shares of the digits
AGREEMENT = "agreement"
CLASS = "class_"  # begins the names of the shares of classes that are no digits
CLASSES_KL = "classes_divergence"


class Metric(NamedTuple):
    """A metric of an evaluation."""

    name: str
    label: str  # in the table of `mnist-gan evaluate`
    digits: int  # after the decimal point
    heading: str = ""  # in the tables of docs/
    is_scored: bool = True  # whether one direction is better, so that it can be normalised
    is_counted: bool = False  # whether it depends strongly on the number of samples


class Panel(NamedTuple):
    """A panel of curves over the epochs, on pages and in curves.png."""

    title: str
    columns: tuple[str, ...]  # of the history
    names: tuple[str, ...]  # of the curves
    colours: tuple[int, ...]  # of the curves: those named below; of digits, the digit
    has_equilibrium: bool = False  # whether dashed lines mark the losses at equilibrium
    low: float | None = None  # the smallest and the largest value that are always shown
    high: float | None = None
    is_log: bool = False
    is_stacked: bool = False  # whether the columns are shares, drawn as bands
    is_in_figure: bool = False  # whether it is in curves.png, too


METRICS = (
    Metric("frechet_distance", "Fréchet distance", 2, "Fréchet"),
    Metric("frechet_distance_b", "  by classifier b", 2, "classifier b"),
    Metric("frechet_distance_pixels", "  in pixels", 2, "pixels"),
    Metric("kernel_distance", "kernel distance", 4, "kernel"),
    Metric("kernel_distance_b", "  by classifier b", 4),
    Metric("precision", "precision", 3, "precision"),
    Metric("precision_b", "  by classifier b", 3),
    Metric("recall", "recall", 3, "recall", is_counted=True),
    Metric("recall_b", "  by classifier b", 3, is_counted=True),
    Metric("density", "density", 3, "density"),
    Metric("density_b", "  by classifier b", 3),
    Metric("coverage", "coverage", 3, "coverage", is_counted=True),
    Metric("coverage_b", "  by classifier b", 3, is_counted=True),
    Metric("score", "classifier score", 2, "score"),
    Metric("confidence", "confidence", 3, "confidence"),
    Metric("digit_divergence", "digits, KL", 4, "digits, KL", is_counted=True),
    Metric(CLASSES_KL, "classes, KL", 4, is_counted=True),
    Metric(AGREEMENT, "as conditioned on", 3, "as conditioned"),
    Metric("c_t", "copies, C_T", 1, "C_T", is_scored=False),
    Metric("ratio", "copies, ratio", 3, is_scored=False),
    Metric("parzen", "Parzen window, nats", 1, "Parzen", is_counted=True),
)
ONLINE = ("frechet_distance", "confidence", *DIGITS)  # what the online evaluation measures
REAL, GENERATED, DISCRIMINATOR, MEASURED = range(4)  # colours: c0 to c3 of style.css, and in plots
PANELS = (
    Panel(
        "Loss",
        ("discriminator_loss", "generator_loss"),
        ("discriminator", "generator"),
        (DISCRIMINATOR, GENERATED),
        has_equilibrium=True,
        is_in_figure=True,
    ),
    Panel(
        "Discriminator's scores",
        ("real_score", "fake_score"),
        ("real", "fake"),
        (REAL, GENERATED),
        low=0,
        high=1,
        is_in_figure=True,
    ),
    Panel(
        "Fréchet distance",
        ("frechet_distance",),
        ("to real images",),
        (MEASURED,),
        is_log=True,
        is_in_figure=True,
    ),
    Panel("Classifier's confidence", ("confidence",), ("confidence",), (MEASURED,)),
    Panel("Shares of the digits", DIGITS, tuple("0123456789"), tuple(range(10)), is_stacked=True),
    Panel("Training speed", ("speed",), ("images a second",), (MEASURED,), low=0),
)
