"""The values of real digits and of the tutorial's GAN, measured once."""

import json
from collections.abc import Mapping
from statistics import mean

from mnist_gan.evaluation.table import METRICS, SAMPLES
from mnist_gan.support.assets import content

FILE = "calibration.json"  # values of several sets of SAMPLES, or seeds, for each name
REAL, TUTORIAL = "real", "tutorial-100"
BIASED = 1000  # images in some sets of real digits, measured to estimate the bias

Values = dict[str, float]


def load_baselines() -> dict[str, Values]:
    """Return the bundled baselines: for each name, its mean values over sets or seeds."""
    measured = json.loads(content(FILE))
    return {name: average(several) for name, several in measured.items()}


def average(several: list[Values]) -> Values:
    """Return the mean of each value."""
    return {key: mean(values[key] for values in several) for key in several[0]}


def normalised_scores(
    values: Mapping[str, float], baselines: Mapping[str, Values], samples: int = SAMPLES
) -> Values:
    """Return values scaled so that real digits are 0 and the tutorial's GAN (100 epochs) is 1.

    Metrics without a better direction (copying, single digits) have no score. With fewer than
    SAMPLES samples, neither have those that depend most on the sample count.

    Args:
        values: Metrics of the generated images, by name.
        baselines: The result of `load_baselines`.
        samples: How many images were evaluated.

    Returns:
        The score of each metric that has one.
    """
    real, tutorial = baselines[REAL], baselines[TUTORIAL]
    scored = (
        metric
        for metric in METRICS
        if metric.is_scored and not (metric.is_counted and samples < SAMPLES)
    )
    names = [metric.name for metric in scored if metric.name in values and metric.name in tutorial]
    return {name: (values[name] - real[name]) / (tutorial[name] - real[name]) for name in names}


def frechet_bias(samples: int, baselines: Mapping[str, Values]) -> float:
    """Return how much too high the Fréchet distance is with fewer than SAMPLES samples.

    The bias is proportional to 1/n; its scale is measured on real digits.

    Args:
        samples: How many images were evaluated.
        baselines: The result of `load_baselines`.
    """
    key = "frechet_distance"
    measured = baselines[f"{REAL}-{BIASED}"][key] - baselines[REAL][key]
    return measured * (1 / samples - 1 / SAMPLES) / (1 / BIASED - 1 / SAMPLES)
