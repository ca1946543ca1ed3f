"""What a training suffers from: history in, diagnosis out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from mnist_gan.config.schema import Config
from mnist_gan.evaluation.table import DIGITS

if TYPE_CHECKING:
    from mnist_gan.objectives.losses import Equilibrium

RECENT = 3  # rows whose mean losses count
EARLY = 3  # censuses within which digits need not get better
STUCK = 0.95  # of the least distance in the first half of the epochs: above it no digits get better
SHOWN = 0.01  # of the real digits, below which one was not shown
MISSING, THERE = 0.1, 0.5  # of its share among real digits: below it is missing, above it is there
TOO_EARLY = "too early to say"  # the verdict until most digits have formed
COPYING = -3.0  # deviations of the C_T test below which images are copies

LOSSES = {"epoch", "discriminator_loss", "generator_loss"}
EVALUATED = {"frechet_distance", *DIGITS}  # of a row with an online evaluation

Row = Mapping[str, float]


class Diagnosis(NamedTuple):
    """What is the matter, what shows it, and what to try first."""

    name: str
    evidence: str
    remedy: str = ""

    @property
    def sentence(self) -> str:
        """The whole in one sentence."""
        return f"{self.name}, as {self.evidence}" + (f"; try {self.remedy}" if self.remedy else "")


def diagnose(
    rows: Sequence[Row],
    equilibrium: Equilibrium | None,
    config: Config,
    real_shares: Sequence[float] | None = None,
    c_t: float | None = None,
) -> Diagnosis:
    """Return the verdict on a training, from the rows of its history: at least one with LOSSES.

    Without an `equilibrium` the losses have no scale and say nothing, unless they are no numbers.
    `real_shares` (10,) are those of the real digits, with which the rows' `digit_` columns are
    compared; `c_t` is the statistic of copying, where images have been evaluated.
    """
    last = rows[-1]
    if not all(math.isfinite(value) for value in last.values()):
        broken = next(key for key, value in last.items() if not math.isfinite(value))
        return diverged(f"{broken} is {last[broken]} in epoch {last['epoch']:.0f}", config)
    losses = _losses(rows, equilibrium)
    of_digits, soon = _of_digits(rows, losses, real_shares, config)
    return (
        (_of_losses(rows, equilibrium, config) if equilibrium else None)
        or of_digits
        or (Diagnosis("copying", *_copies(c_t)) if c_t is not None and c_t < COPYING else None)
        or Diagnosis("balanced", losses + soon)
    )


def _of_losses(rows: Sequence[Row], equilibrium: Equilibrium, config: Config) -> Diagnosis | None:
    """Return the verdict where one network wins or swings, None where the game is even."""
    d, g = (_recent(rows, f"{who}_loss") for who in ("discriminator", "generator"))
    losses = _losses(rows, equilibrium)
    least = equilibrium.perfect + (equilibrium.discriminator - equilibrium.perfect) / 5
    fooled, sure = sorted((equilibrium.generator / 4, 3 * equilibrium.generator))  # it may be < 0
    if g < fooled and d > 1.5 * equilibrium.discriminator:
        evidence = f"D is fooled nearly always ({losses})"
        return Diagnosis("generator winning", evidence, _help_d(config))
    if d > 4 * equilibrium.discriminator:
        evidence = f"D swings wildly ({losses})"
        return Diagnosis("unstable", evidence, _slower(config, "discriminator"))
    if d < least and g > sure:
        evidence = f"D is hardly ever wrong, so G gets no gradient ({losses})"
        return Diagnosis("discriminator winning", evidence, _help_g(config))
    return None


def _losses(rows: Sequence[Row], equilibrium: Equilibrium | None) -> str:
    """Return the losses of the last rows beside those at equilibrium."""
    d, g = (_recent(rows, f"{who}_loss") for who in ("discriminator", "generator"))
    said = f"D's loss is {d:.2f} and G's {g:.2f}"
    if equilibrium is None:
        return said
    rest = f"{equilibrium.discriminator:.2f} and {equilibrium.generator:.2f}"
    return f"{said}, at equilibrium {rest}"


def _copies(c_t: float) -> tuple[str, str]:
    """Return evidence and remedy where images are copies."""
    return (
        f"images lie nearer to training images than new ones would (C_T {c_t:.1f})",
        "more data, fewer epochs, or the best.keras of an earlier one",
    )


def diverged(evidence: str, config: Config) -> Diagnosis:
    """Return the verdict on numbers that are none."""
    return Diagnosis("diverged", evidence, _slower(config, "generator", "discriminator"))


def _of_digits(
    rows: Sequence[Row], losses: str, real_shares: Sequence[float] | None, config: Config
) -> tuple[Diagnosis | None, str]:
    """Return the verdict where digits are missing or not formed yet, and which may still come.

    It is too early to say while most digits never were there and digits still get better. After
    that a digit is missing if it was there before, or if it never was and digits do not get better.
    """
    censuses = [row for row in rows if row.keys() >= EVALUATED]
    if not censuses or real_shares is None:
        return None, ""
    stuck = _is_stuck(censuses)
    shown = [digit for digit in sorted(config.data.digits) if real_shares[digit] > SHOWN]
    relative = {
        digit: [row[f"digit_{digit}"] / real_shares[digit] for row in censuses] for digit in shown
    }
    formed = [digit for digit in shown if max(relative[digit]) >= THERE]
    if 2 * len(formed) <= len(shown) and not stuck:
        return Diagnosis(TOO_EARLY, f"digits have not formed yet ({losses})"), ""
    rare = [digit for digit in shown if relative[digit][-1] < MISSING]
    gone = [digit for digit in rare if digit in formed or stuck]
    if gone:
        since = {digit: _gone_since(censuses, relative[digit]) for digit in gone}
        evidence = _missing(censuses[-1], since, real_shares)
        return Diagnosis("collapsing", evidence, _spread(config)), ""
    return None, f", hardly any {', '.join(map(str, rare))} so far" if rare else ""


def _is_stuck(censuses: Sequence[Row]) -> bool:
    """Say whether digits got no better in the second half of the epochs until now."""
    middle = censuses[-1]["epoch"] / 2
    before = [row["frechet_distance"] for row in censuses if row["epoch"] <= middle]
    after = [row["frechet_distance"] for row in censuses if row["epoch"] > middle]
    return len(censuses) > EARLY and bool(before) and min(after) > STUCK * min(before)


def _gone_since(censuses: Sequence[Row], relative: Sequence[float]) -> float:
    """Return the epoch since when a digit is missing, 0 if it never was there."""
    present = [place for place, share in enumerate(relative) if share >= MISSING]
    return censuses[present[-1] + 1]["epoch"] if present else 0


def _missing(last: Row, gone: Mapping[int, float], real_shares: Sequence[float]) -> str:
    """Return which digits are missing since which epochs, and how many of them are drawn."""
    digits = "; ".join(
        ", ".join(str(digit) for digit in gone if gone[digit] == since)
        + (f" since epoch {since:.0f}" if since else ", and never did")
        for since in sorted(set(gone.values()))
    )
    share = sum(last[f"digit_{digit}"] for digit in gone)
    wanted = sum(real_shares[digit] for digit in gone)
    return f"it hardly draws {digits} ({share:.1%} of all instead of {wanted:.1%})"


def _recent(rows: Sequence[Row], column: str) -> float:
    """Return the mean of a column over the last rows."""
    values = [row[column] for row in rows[-RECENT:]]
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


def _spread(config: Config) -> str:
    """Return the first remedy where digits are missing."""
    if config.training.objective != "relativistic":
        return "--config fast"
    return _slower(config, "generator", "discriminator", factor=2)
