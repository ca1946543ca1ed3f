"""The tips, and how trainings with and without one are compared."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from mnist_gan.evaluation.comparison import corrected, finding, ratio_of

BASELINE = "baseline"


class Tip(NamedTuple):
    """A piece of advice, as one change to the baseline, the config "tutorial".

    Where the baseline already follows the advice, the change is not to follow it.
    """

    change: str  # as printed in the figure
    settings: Mapping[str, Any]


VARIANTS = {
    BASELINE: Tip("the tutorial", {}),
    "smoothing": Tip("without label smoothing", {"training.real_label": 1.0}),
    "rates": Tip(
        "D learns four times as fast as G",
        {"generator.learning_rate": 1e-4, "discriminator.learning_rate": 4e-4},
    ),
    "faster_g": Tip(
        "G learns four times as fast as D",
        {"generator.learning_rate": 4e-4, "discriminator.learning_rate": 1e-4},
    ),
    "warmup": Tip("D pretrained for 500 updates", {"discriminator.pretrain_steps": 500}),
    "steps": Tip(
        "three updates of D for each of G", {"discriminator.updates_per_generator_update": 3}
    ),
    "freezing": Tip("D frozen too early", {"discriminator.learning_rate": 0.0}),
    "dropout": Tip("without dropout in D", {"discriminator.dropout": 0.0}),
    "latent": Tip("latents of 10 numbers, not 100", {"noise.latent_size": 10}),
}


class Outcome(NamedTuple):
    """The result of one training."""

    variant: str  # one of VARIANTS
    seed: int
    frechet_distance: float | None  # None if the training failed
    missing: str  # the digits that it rarely draws
    verdict: str  # name of the diagnosis, or why it failed
    seconds: float


class Comparison(NamedTuple):
    """Comparison of the trainings of one variant with those of the baseline."""

    variant: str
    mean: float  # of the Fréchet distances
    std: float
    ratio: float  # geometric mean of the distances, divided by the baseline's
    low: float  # confidence interval of the ratio
    high: float
    p: float  # corrected for the number of comparisons
    finding: str  # better, worse or unclear


def compare(outcomes: Sequence[Outcome]) -> list[Comparison]:
    """Compare each tip that has two or more distances with the baseline."""
    groups = {
        variant: found for variant in VARIANTS if len(found := distances(outcomes, variant)) > 1
    }
    baseline = groups.pop(BASELINE, None)
    if not baseline:
        return []
    ratios = [ratio_of(found, baseline) for found in groups.values()]
    p_values = corrected([ratio.p for ratio in ratios])
    return [
        Comparison(variant, *mean_and_std(found), *ratio[:3], p, finding(ratio.ratio, p))
        for (variant, found), ratio, p in zip(groups.items(), ratios, p_values, strict=True)
    ]


def distances(outcomes: Sequence[Outcome], variant: str) -> list[float]:
    """Select the Fréchet distances of one variant.

    Args:
        outcomes: Results of trainings.
        variant: One of VARIANTS.

    Returns:
        The distances, without trainings that have none.
    """
    return [
        outcome.frechet_distance
        for outcome in outcomes
        if outcome.variant == variant and outcome.frechet_distance is not None
    ]


def mean_and_std(values: Sequence[float]) -> tuple[float, float]:
    """Return the mean and the sample standard deviation of at least two values."""
    return statistics.mean(values), statistics.stdev(values)
