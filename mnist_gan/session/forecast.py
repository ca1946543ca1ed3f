"""How long a training will take: measured, then followed."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from mnist_gan.config.schema import Training
from mnist_gan.noise import BLOCK as DRAWN
from mnist_gan.sampling.sampler import copy_generator, generate
from mnist_gan.session.disk import GRID

if TYPE_CHECKING:
    import tensorflow as tf

    from mnist_gan.evaluation.online import Census
    from mnist_gan.training.trainer import Report, Trainer

TIMED, FEWEST = 2.0, 3  # seconds of steps, at least, and rounds of them, that are timed
ROUND, MOST_STEPS = 0.5, 26  # seconds of a round, and steps in it: one call costs as much as few
USUAL = 1.15  # times the fastest round: whatever else the machine does, in moments, only adds
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


@dataclass(frozen=True)
class Pace:
    """What the parts of a training take, in seconds."""

    step: float
    epoch: float  # the files of each epoch
    grid: float  # a grid of digits, its online evaluation and the curves
    alone: float = 0.0  # all updates that the discriminator still has before the first step

    def left(self, training: Training, steps_per_epoch: int, steps_done: int) -> float:
        """Return the seconds of what is still to do after so many steps."""
        done = steps_done // steps_per_epoch  # epochs
        steps = training.epochs * steps_per_epoch - steps_done
        grids = sum(training.has_grid(epoch) for epoch in range(done + 1, training.epochs + 1))
        seconds = steps * self.step + (training.epochs - done) * self.epoch + grids * self.grid
        seconds += 0 if steps_done else self.alone
        return (1 + PAGES) * seconds + (END if steps else 0)


def measured_pace(trainer: Trainer, census: Census | None, training: Training) -> Pace:
    """Return what the parts of a training take here and now.

    The trainer is afterwards what it was before; its step is compiled.
    """
    from mnist_gan.evaluation.classifiers import BLOCK

    state, updates, alone = trainer.state(), trainer.updates_alone, 0.0
    step = _usual_seconds(lambda steps: trainer.step.run(trainer.images, steps))
    if updates:
        alone = updates * _usual_seconds(lambda steps: trainer.step.warm_up(trainer.images, steps))
    trainer.restore(state)
    saved = sum(array.nbytes for array in state.values()) / 3  # both networks, without moments
    network = copy_generator(trainer.step.drawing_generator)
    rows = network.latents(0, DRAWN)
    images, drawing = _timed(lambda: generate(network, rows))
    grid = NEAREST * len(trainer.images) + CURVES + drawing * math.ceil(GRID / DRAWN)
    if census:
        census.look(images[:BLOCK])  # the first look takes longer
        _, looking = _timed(lambda: census.look(images[:BLOCK]))
        grid += drawing * training.census / DRAWN + looking * math.ceil(training.census / BLOCK)
    return Pace(step, EPOCH + SAVED * saved, grid, alone)


def forecast(
    pace: Pace, training: Training, steps_per_epoch: int, steps_done: int, passed: float
) -> Span:
    """Return the seconds that a training will take in all, of which some have passed."""
    left = pace.left(training, steps_per_epoch, steps_done) + FIRST
    return Span(passed + FASTER * left, passed + SLOWER * left + SLACK)


class Clock:
    """Follows the pace of a training, smoothed, and tells the time left."""

    def __init__(self, pace: Pace, training: Training, steps_per_epoch: int) -> None:
        self.pace = pace
        self._training, self._steps_per_epoch = training, steps_per_epoch
        self._steps_done, self._mark = 0, time.monotonic()

    def steps_made(self, report: Report) -> None:
        """Take note that the steps of a report have just been made."""
        seconds = self._lap()
        self._steps_done = report.step
        if report.steps:
            step = _smoothed(self.pace.step, seconds / report.steps, seconds)
            self.pace = replace(self.pace, step=step)

    def kept(self, report: Report, has_grid: bool) -> None:
        """Take note that what a report makes due has just been kept."""
        seconds = self._lap()
        if has_grid and report.epoch > 1:  # the first one takes longer than others will
            self.pace = replace(self.pace, grid=max(0.0, seconds - self.pace.epoch))
        elif report.epoch_ended and not has_grid:
            self.pace = replace(self.pace, epoch=_smoothed(self.pace.epoch, seconds, MEMORY / 5))

    def left(self) -> float:
        """Return the seconds of what is still to do."""
        return self.pace.left(self._training, self._steps_per_epoch, self._steps_done)

    def total(self, passed: float) -> Span:
        """Return the seconds of the whole training, of which some have passed."""
        left = self.left()
        return Span(passed + STEADY[0] * left, passed + STEADY[1] * left + SLACK)

    def _lap(self) -> float:
        """Return the seconds since the last call."""
        before, self._mark = self._mark, time.monotonic()
        return self._mark - before


def _smoothed(before: float, measured: float, seconds: float) -> float:
    """Return a mean in which a measurement of so many seconds counts the more, the longer it is."""
    kept = math.exp(-seconds / MEMORY)
    return kept * before + (1 - kept) * measured


def _usual_seconds(make: Callable[[tf.Tensor], object]) -> float:
    """Return the usual seconds of a step, from the fastest of some rounds of so many steps."""
    import tensorflow as tf

    def seconds(steps: int) -> float:
        return _timed(lambda: make(tf.constant(steps)))[1]

    seconds(1)  # compiles it
    steps = max(2, min(MOST_STEPS, int(ROUND / seconds(1))))
    rounds: list[float] = []
    while len(rounds) < FEWEST or sum(rounds) < TIMED:
        rounds.append(seconds(steps))
    return USUAL * min(rounds) / steps


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    """Return what some work returns, and the seconds that it took."""
    began = time.perf_counter()
    result = work()
    return result, time.perf_counter() - began
