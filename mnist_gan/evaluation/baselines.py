"""The values of real digits and of the tutorial's GAN, measured once."""

import json
from collections.abc import Mapping
from statistics import mean

from mnist_gan.evaluation.table import METRICS
from mnist_gan.support.assets import content

FILE = "calibration.json"  # by name, what `evaluate` gave for each of several sets or seeds
REAL, YARDSTICK = "real", "tutorial-100"
SAMPLES = 10_000  # images in each set that was measured, and real ones they are held against
BIASED = 1000  # images in some sets of real digits, measured to know the bias

Values = dict[str, float]


def calibration() -> dict[str, Values]:
    """Return the values of each thing that was measured, as means over its sets or seeds."""
    measured = json.loads(content(FILE))
    return {name: average(several) for name, several in measured.items()}


def average(several: list[Values]) -> Values:
    """Return the mean of each value."""
    return {key: mean(values[key] for values in several) for key in several[0]}


def places(
    values: Mapping[str, float], measured: Mapping[str, Values], samples: int = SAMPLES
) -> Values:
    """Return where values stand between real digits (0) and the tutorial's after 100 epochs (1).

    Only of values of which one end is better: not of those on copies, nor of single digits; and
    of fewer samples than SAMPLES, not of those that depend on the number most.
    """
    real, yardstick = measured[REAL], measured[YARDSTICK]
    scored = (
        one for one in METRICS if one.is_scored and not (one.is_counted and samples < SAMPLES)
    )
    names = [one.name for one in scored if one.name in values and one.name in yardstick]
    return {name: (values[name] - real[name]) / (yardstick[name] - real[name]) for name in names}


def bias(samples: int, measured: Mapping[str, Values]) -> float:
    """Return by how much fewer samples than SAMPLES raise the Fréchet distance: as 1/n does."""
    key = "frechet_distance"
    raised = measured[f"{REAL}-{BIASED}"][key] - measured[REAL][key]
    return raised * (1 / samples - 1 / SAMPLES) / (1 / BIASED - 1 / SAMPLES)
