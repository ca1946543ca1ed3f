"""What evaluations come to for real digits and for the tutorial's GAN, measured once."""

import json
from collections.abc import Mapping
from statistics import mean

from mnist_gan.assets import asset

FILE = "calibration.json"  # by name, what `evaluate` gave for each of several sets or seeds
REAL, YARDSTICK, LONG = "real", "tutorial-100", "tutorial-400"
BIASED = 1000  # samples with which real digits were measured, too, to know the bias

Values = dict[str, float]


def calibration() -> dict[str, Values]:
    """Return the values of each thing that was measured, as means over its sets or seeds."""
    measured = json.loads(asset(FILE).read_text())
    return {name: average(several) for name, several in measured.items()}


def average(several: list[Values]) -> Values:
    """Return the mean of each value."""
    return {key: mean(values[key] for values in several) for key in several[0]}


def places(values: Mapping[str, float], measured: Mapping[str, Values]) -> Values:
    """Return where values stand between real digits (0) and the tutorial's after 100 epochs (1)."""
    real, yardstick = measured[REAL], measured[YARDSTICK]
    spans = {name: yardstick[name] - real[name] for name in yardstick if name in values}
    return {name: (values[name] - real[name]) / span for name, span in spans.items() if span}


def bias(samples: int, measured: Mapping[str, Values]) -> float:
    """Return by how much fewer samples than 10,000 raise the Fréchet distance: as 1/n does."""
    key = "frechet_distance"
    raised = measured[f"{REAL}-{BIASED}"][key] - measured[REAL][key]
    return raised * (1 / samples - 1 / 10_000) / (1 / BIASED - 1 / 10_000)
