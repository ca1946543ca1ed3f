"""How long a training will take: measured, then followed."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from mnist_gan.config.schema import Training
from mnist_gan.noise import BLOCK as DRAWN
from mnist_gan.sampling.sampler import copy_generator, generate
from mnist_gan.session.disk import GRID

if TYPE_CHECKING:
    from mnist_gan.evaluation.online import OnlineEvaluation
    from mnist_gan.training.trainer import Report, Trainer

TIMED, FEWEST = 1.0, 2  # seconds of steps, at least, and calls, from which a pace is known
USUAL = 1.15  # times the fastest call: whatever else the machine does, in moments, only adds
ALONE = 0.5  # of a step's time, which an update of the discriminator alone takes
NEAREST = 5e-6  # seconds for each training image with which the digits of a grid are compared
CURVES = 0.4  # seconds for curves.png
SAVED = 4e-9  # seconds for each byte that is saved
EPOCH = 0.05  # seconds for the files of an epoch, beside their bytes
FIRST = 2.0  # seconds that the first grid takes longer: scikit-learn and matplotlib are imported
END = 2.5  # seconds for the last checkpoint, the pages and the way out
PAGES = 0.005  # of the time, for pages while it trains: from nothing to recorder.PAGE_SHARE
FASTER, SLOWER = 0.8, 1.3  # how far the actual time may lie from what is measured in seconds
STEADY = 0.85, 1.15  # the same, once it was followed for some epochs
SLACK = 1.5  # seconds that the actual time may always be longer
MEMORY = 30.0  # seconds after which a time that was measured counts a third

T = TypeVar("T")


class Span(NamedTuple):
    """A length of time, in seconds, at least and at most."""

    low: float
    high: float


class Costs(NamedTuple):
    """What an epoch takes beside its steps, in seconds."""

    epoch: float = 0.0  # the files of each epoch
    grid: float = 0.0  # a grid of digits, its online evaluation and the curves


def measured_costs(trainer: Trainer, online: OnlineEvaluation | None, training: Training) -> Costs:
    """Return what the epochs of a training take beside their steps, here and now.

    Args:
        trainer: The trainer, which does not change.
        online: The online evaluation, if there is one.
        training: The settings of the training.
    """
    from mnist_gan.evaluation.classifiers import BLOCK

    networks = trainer.step.generator, trainer.step.discriminator
    saved = 4 * sum(network.count_params() for network in networks)  # bytes
    network = copy_generator(trainer.step.drawing_generator)
    rows = network.latents(0, DRAWN)
    images, drawing = _timed(lambda: generate(network, rows))
    grid = NEAREST * len(trainer.images) + CURVES + drawing * math.ceil(GRID / DRAWN)
    if online:
        online.features(images[:BLOCK])  # the first look takes longer
        _, looking = _timed(lambda: online.features(images[:BLOCK]))
        grid += drawing * training.eval_samples / DRAWN + looking * math.ceil(
            training.eval_samples / BLOCK
        )
    return Costs(EPOCH + SAVED * saved, grid)


class Clock:
    """Follows the pace of a training, smoothed, and tells the time left.

    Args:
        trainer: The trainer.
        training: The settings of the training.
        costs: What epochs take beside their steps.
        overlaps: Whether files are written while the next steps are made, as on a GPU. The time
            from one report to the next is then that of its steps, unless a grid was drawn between.
    """

    def __init__(
        self, trainer: Trainer, training: Training, costs: Costs, *, overlaps: bool = False
    ) -> None:
        self.step: float | None = None  # seconds of a step, once known
        self._trainer, self._training = trainer, training
        self._epoch, self._grid = costs
        self._calls: list[tuple[float, int]] = []  # seconds, steps of each, until the pace is known
        self._is_compiled = False
        self._overlaps, self._was_grid, self._beside = overlaps, False, 0.0
        if overlaps:
            self._epoch = 0.0
        self._has_grid = False  # one was drawn
        self._mark = time.monotonic()

    def steps_made(self, report: Report) -> None:
        """Take note that the steps of a report have just been made."""
        seconds = self._lap()
        if self._overlaps:
            seconds, self._beside = seconds + self._beside, 0.0
        if not report.steps or self._was_grid:
            self._was_grid = False
            return
        if self.step is not None:
            self.step = _smoothed(self.step, seconds / report.steps, seconds)
        elif self._is_compiled:  # the first call compiles the step
            self._calls.append((seconds, report.steps))
            if len(self._calls) >= FEWEST and sum(took for took, _ in self._calls) >= TIMED:
                self.step = USUAL * min(took / steps for took, steps in self._calls)
        self._is_compiled = True

    def kept(self, report: Report, has_grid: bool) -> None:
        """Take note that what a report makes due has just been kept."""
        seconds = self._lap()
        if self._overlaps:
            self._was_grid, self._beside = has_grid, seconds
        if has_grid and self._has_grid:  # the first one takes longer than others will
            self._grid = max(0.0, seconds - self._epoch)
        elif report.epoch_ended and not has_grid and not self._overlaps:
            self._epoch = _smoothed(self._epoch, seconds, MEMORY / 5)
        self._has_grid |= has_grid

    def left(self) -> float | None:
        """Return the seconds of what is still to do; None while the pace is not known."""
        if self.step is None:
            return None
        trainer, training = self._trainer, self._training
        done = trainer.step.count // trainer.steps_per_epoch  # epochs
        steps = training.epochs * trainer.steps_per_epoch - trainer.step.count
        grids = sum(training.has_grid(epoch) for epoch in range(done + 1, training.epochs + 1))
        seconds = (steps + ALONE * trainer.updates_alone) * self.step
        seconds += (training.epochs - done) * self._epoch + grids * self._grid
        return (1 + PAGES) * seconds + (END if steps else 0)

    def forecast(self, passed: float) -> Span | None:
        """Return the seconds of the whole training, of which some have passed, at its beginning."""
        left = self.left()
        if left is None:
            return None
        left += 0 if self._has_grid else FIRST
        return Span(passed + FASTER * left, passed + SLOWER * left + SLACK)

    def total(self, passed: float) -> Span | None:
        """Return the same once the training was followed for some epochs."""
        left = self.left()
        if left is None:
            return None
        return Span(passed + STEADY[0] * left, passed + STEADY[1] * left + SLACK)

    def _lap(self) -> float:
        """Return the seconds since the last call."""
        before, self._mark = self._mark, time.monotonic()
        return self._mark - before


def _smoothed(before: float, measured: float, seconds: float) -> float:
    """Return a mean in which a measurement of so many seconds counts the more, the longer it is."""
    kept = math.exp(-seconds / MEMORY)
    return kept * before + (1 - kept) * measured


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    """Return what some work returns, and the seconds that it took."""
    began = time.perf_counter()
    result = work()
    return result, time.perf_counter() - began
