"""The tips, and how trainings with and without one are compared."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from mnist_gan.evaluation.comparison import ratio_of

BASELINE = "baseline"


class Tip(NamedTuple):
    """A piece of advice, as one change to the baseline, the config "tutorial".

    Where the baseline already follows the advice, the change is not to follow it.
    """

    change: str  # as printed in the figure
    settings: Mapping[str, Any] = {}
    is_frozen: bool = False  # whether D is frozen before its optimizer gets its weights


BASELINE_TIP = Tip("the tutorial")
TIPS = {
    "smoothing": Tip("without label smoothing", {"training.real_label": 1.0}),
    "rates": Tip(
        "D learns four times as fast as G",
        {"generator.learning_rate": 1e-4, "discriminator.learning_rate": 4e-4},
    ),
    "warmup": Tip("D pretrained for 500 updates", {"discriminator.pretrain_steps": 500}),
    "steps": Tip(
        "three updates of D for each of G", {"discriminator.updates_per_generator_update": 3}
    ),
    "freezing": Tip("D frozen too early", is_frozen=True),
    "dropout": Tip("without dropout in D", {"discriminator.dropout": 0.0}),
    "latent": Tip("latents of 10 numbers, not 100", {"noise.latent_size": 10}),
}


class Outcome(NamedTuple):
    """The result of one training."""

    variant: str  # BASELINE or one of TIPS
    seed: int
    frechet_distance: float | None  # None if a loss was not finite
    missing: str  # the digits that it rarely draws
    verdict: str  # name of the diagnosis
    seconds: float


class Comparison(NamedTuple):
    """Comparison of the trainings of one variant with those of the baseline."""

    variant: str
    mean: float  # of the Fréchet distances
    std: float
    ratio: float  # geometric mean of the distances, divided by the baseline's
    low: float  # confidence interval of the ratio
    high: float

    @property
    def finding(self) -> str:
        """Better or worse than the baseline, or unclear if the interval includes 1."""
        if self.high < 1:
            return "better"
        return "worse" if self.low > 1 else "unclear"


def compare(outcomes: Sequence[Outcome]) -> list[Comparison]:
    """Compare each tip that has two or more finite distances with the baseline."""
    baseline = distances(outcomes, BASELINE)
    variants = dict.fromkeys(outcome.variant for outcome in outcomes)
    return [
        _comparison(variant, found, baseline)
        for variant in variants
        if variant != BASELINE
        and min(len(found := distances(outcomes, variant)), len(baseline)) > 1
    ]


def distances(outcomes: Sequence[Outcome], variant: str) -> list[float]:
    """Select the Fréchet distances of one variant.

    Args:
        outcomes: Results of trainings.
        variant: BASELINE or one of TIPS.

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


def _comparison(variant: str, found: Sequence[float], baseline: Sequence[float]) -> Comparison:
    """Compare the distances of a variant with those of the baseline."""
    ratio = ratio_of(found, baseline)
    return Comparison(variant, *mean_and_std(found), ratio.ratio, ratio.low, ratio.high)
