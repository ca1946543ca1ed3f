"""What a training suffers from: history in, diagnosis out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from mnist_gan.config.schema import Config
from mnist_gan.evaluation.table import DIGITS

if TYPE_CHECKING:
    from mnist_gan.objectives.losses import Equilibrium

RECENT = 3  # epochs whose mean losses count
EARLY = 3  # online evaluations within which digits need not improve
STUCK = 0.95  # of the smallest distance in the first half of the epochs: above, digits are stuck
SHOWN = 0.01  # share among the real digits, below which a digit counts as not trained on
MISSING, PRESENT = 0.1, 0.5  # of its share among real digits: missing below, present above
TOO_EARLY = "too early to say"  # the diagnosis until most digits have formed
COPYING = -3.0  # C_T, in standard deviations, below which images are copies

LOSSES = {"epoch", "discriminator_loss", "generator_loss"}
EVALUATED = {"frechet_distance", *DIGITS}  # columns of an epoch with an online evaluation

Row = Mapping[str, float]  # an epoch of a history


class Diagnosis(NamedTuple):
    """What is wrong, the evidence, and what to try first."""

    name: str
    evidence: str
    remedy: str = ""

    @property
    def sentence(self) -> str:
        """The diagnosis as one sentence."""
        return f"{self.name}, as {self.evidence}" + (f"; try {self.remedy}" if self.remedy else "")


def name_of(sentence: str) -> str:
    """Return the name of a diagnosis from its sentence."""
    return sentence.partition(", as ")[0]


def diagnose(
    history: Sequence[Row],
    equilibrium: Equilibrium | None,
    config: Config,
    real_shares: Sequence[float] | None = None,
    c_t: float | None = None,
) -> Diagnosis:
    """Return the diagnosis of a training.

    Args:
        history: At least one epoch, each with LOSSES; those with EVALUATED show missing digits.
        equilibrium: The losses at equilibrium. None: losses have no scale, so only non-finite ones
            are diagnosed.
        config: The training's config, on which the remedy depends.
        real_shares: Shares (10,) of the real digits, compared with the `digit_` columns.
        c_t: The test statistic of copying, where images have been evaluated.
    """
    last = history[-1]
    if not all(math.isfinite(value) for value in last.values()):
        broken = next(key for key, value in last.items() if not math.isfinite(value))
        return diverged(f"{broken} is {last[broken]} in epoch {last['epoch']:.0f}", config)
    losses = _describe_losses(history, equilibrium)
    of_digits, still_rare = _diagnose_digits(history, losses, real_shares, config)
    return (
        (_diagnose_losses(history, equilibrium, config) if equilibrium else None)
        or of_digits
        or (_copying(c_t) if c_t is not None and c_t < COPYING else None)
        or Diagnosis("balanced", losses + still_rare)
    )


def _diagnose_losses(
    history: Sequence[Row], equilibrium: Equilibrium, config: Config
) -> Diagnosis | None:
    """Return the diagnosis where one network wins or is unstable, None where they are balanced."""
    d, g = (_recent(history, f"{network}_loss") for network in ("discriminator", "generator"))
    losses = _describe_losses(history, equilibrium)
    least = equilibrium.perfect + (equilibrium.discriminator - equilibrium.perfect) / 5
    low, high = sorted((equilibrium.generator / 4, 3 * equilibrium.generator))  # it may be < 0
    if g < low and d > 1.5 * equilibrium.discriminator:
        evidence = f"D is fooled nearly always ({losses})"
        return Diagnosis("generator winning", evidence, _help_d(config))
    if d > 4 * equilibrium.discriminator:
        evidence = f"D's loss is far above equilibrium ({losses})"
        return Diagnosis("unstable", evidence, _slower(config, "discriminator"))
    if d < least and g > high:
        evidence = f"D is hardly ever wrong, so G gets no gradient ({losses})"
        return Diagnosis("discriminator winning", evidence, _help_g(config))
    return None


def _describe_losses(history: Sequence[Row], equilibrium: Equilibrium | None) -> str:
    """Return the recent losses beside those at equilibrium, in words."""
    d, g = (_recent(history, f"{network}_loss") for network in ("discriminator", "generator"))
    text = f"D's loss is {d:.2f} and G's {g:.2f}"
    if equilibrium is None:
        return text
    return f"{text}, at equilibrium {equilibrium.discriminator:.2f} and {equilibrium.generator:.2f}"


def _copying(c_t: float) -> Diagnosis:
    """Return the diagnosis of copied training images."""
    return Diagnosis(
        "copying",
        f"images are closer to training images than new real ones are (C_T {c_t:.1f})",
        "more data, fewer epochs, or the best.keras of an earlier one",
    )


def diverged(evidence: str, config: Config) -> Diagnosis:
    """Return the diagnosis of non-finite numbers.

    Args:
        evidence: What is non-finite, and since when.
        config: The training's config, on which the remedy depends.
    """
    return Diagnosis("diverged", evidence, _slower(config, "generator", "discriminator"))


def _diagnose_digits(
    history: Sequence[Row], losses: str, real_shares: Sequence[float] | None, config: Config
) -> tuple[Diagnosis | None, str]:
    """Return the diagnosis where digits are missing or not formed yet, and a note on rare digits.

    It is too early to say while most digits have never been present and digits still improve.
    After that a digit is missing if it was present before, or if digits no longer improve.
    """
    evaluated = [row for row in history if row.keys() >= EVALUATED]
    if not evaluated or real_shares is None:
        return None, ""
    stuck = _is_stuck(evaluated)
    shown = [digit for digit in sorted(config.data.digits) if real_shares[digit] > SHOWN]
    relative = {
        digit: [row[f"digit_{digit}"] / real_shares[digit] for row in evaluated] for digit in shown
    }
    formed = [digit for digit in shown if max(relative[digit]) >= PRESENT]
    if 2 * len(formed) <= len(shown) and not stuck:
        return Diagnosis(TOO_EARLY, f"digits have not formed yet ({losses})"), ""
    rare = [digit for digit in shown if relative[digit][-1] < MISSING]
    missing = [digit for digit in rare if digit in formed or stuck]
    if missing:
        since = {digit: _missing_since(evaluated, relative[digit]) for digit in missing}
        evidence = _describe_missing(evaluated[-1], since, real_shares)
        return Diagnosis("collapsing", evidence, _help_missing(config)), ""
    return None, f", hardly any {', '.join(map(str, rare))} so far" if rare else ""


def _is_stuck(evaluated: Sequence[Row]) -> bool:
    """Say whether digits did not improve in the second half of the epochs until now."""
    middle = evaluated[-1]["epoch"] / 2
    before = [row["frechet_distance"] for row in evaluated if row["epoch"] <= middle]
    after = [row["frechet_distance"] for row in evaluated if row["epoch"] > middle]
    return len(evaluated) > EARLY and bool(before) and min(after) > STUCK * min(before)


def _missing_since(evaluated: Sequence[Row], relative: Sequence[float]) -> float:
    """Return the epoch since when a digit is missing, 0 if it was never present."""
    present = [index for index, share in enumerate(relative) if share >= MISSING]
    return evaluated[present[-1] + 1]["epoch"] if present else 0


def _describe_missing(last: Row, since: Mapping[int, float], real_shares: Sequence[float]) -> str:
    """Return which digits are missing, since which epochs, and their share of the images."""
    digits = "; ".join(
        ", ".join(str(digit) for digit in since if since[digit] == epoch)
        + (f" since epoch {epoch:.0f}" if epoch else ", and never did")
        for epoch in sorted(set(since.values()))
    )
    share = sum(last[f"digit_{digit}"] for digit in since)
    expected = sum(real_shares[digit] for digit in since)
    return f"it hardly draws {digits} ({share:.1%} of all instead of {expected:.1%})"


def _recent(history: Sequence[Row], column: str) -> float:
    """Return the mean of a column over the recent epochs."""
    values = [row[column] for row in history[-RECENT:]]
    return sum(values) / len(values)


def _slower(config: Config, *networks: str, factor: float = 4) -> str:
    """Return the options that lower the learning rates of networks."""
    rates = {name: getattr(config, name).learning_rate / factor for name in networks}
    return " ".join(f"--set {name}.learning_rate={rate:.2g}" for name, rate in rates.items())


def _help_g(config: Config) -> str:
    """Return the first remedy where D wins."""
    if config.training.objective == "minimax":
        return "--set training.objective=non_saturating"
    if config.generator.learning_rate > config.discriminator.learning_rate:
        return f"--set generator.learning_rate={config.discriminator.learning_rate:.2g}"
    smoothed = config.training.real_label < 1 or config.training.objective != "non_saturating"
    return _slower(config, "discriminator") if smoothed else "--set training.real_label=0.9"


def _help_d(config: Config) -> str:
    """Return the first remedy where G wins."""
    if config.discriminator.learning_rate < config.generator.learning_rate:
        return f"--set discriminator.learning_rate={config.generator.learning_rate:.2g}"
    if not config.discriminator.pretrain_steps:
        return "--set discriminator.pretrain_steps=500"
    return _slower(config, "generator")


def _help_missing(config: Config) -> str:
    """Return the first remedy where digits are missing."""
    if config.training.objective != "relativistic":
        return "--config fast"
    return _slower(config, "generator", "discriminator", factor=2)
