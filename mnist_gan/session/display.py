"""What is shown of a training while it runs: summary, progress, forecasts."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Self

from mnist_gan.runs import Row, RunFolder
from mnist_gan.session.forecast import Clock, Costs, measured_costs
from mnist_gan.session.plan import Plan
from mnist_gan.session.progress import Progress
from mnist_gan.session.summary import summary
from mnist_gan.support.runtime import has_gpu
from mnist_gan.support.units import span

if TYPE_CHECKING:
    from mnist_gan.evaluation.diagnostics import Diagnosis
    from mnist_gan.training.trainer import Report

FOLLOWED = 3  # epochs, after which the forecast is made again from what they took


class Display:
    """Shows a training: what it is, its progress, and how long it will take.

    Args:
        plan: The training.
        run: Its run.
        began: When the command began, in seconds of `time.monotonic`.
        quiet: Whether to show nothing.
    """

    def __init__(self, plan: Plan, run: RunFolder, began: float, *, quiet: bool) -> None:
        training, trainer = plan.config.training, plan.trainer
        self._epochs, self._began, self._quiet = training.epochs, began, quiet
        self._is_resumed = trainer.step.count > 0
        self._is_forecast = False
        if not quiet:
            summary(plan, run)
        self._progress = Progress(training, trainer, quiet)
        measured = Costs() if quiet else measured_costs(trainer, plan.online, training)
        self._clock = Clock(trainer, training, measured, overlaps=has_gpu())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._progress.__exit__(*error)

    def made(self, report: Report) -> None:
        """Take note that the steps of a report have just been made."""
        self._clock.steps_made(report)

    def kept(self, report: Report, row: Row | None, diagnosis: Diagnosis | None) -> None:
        """Show a report once what it makes due is kept: a row, and a diagnosis with each grid."""
        self._clock.kept(report, has_grid=diagnosis is not None)
        self._progress.show(report, row, self._clock.left(), diagnosis)
        if not self._quiet and not (report.epoch_ended and report.epoch == self._epochs):
            self._forecast(report)

    def _forecast(self, report: Report) -> None:
        """Say the forecast as soon as the pace is known, and once more after some epochs."""
        passed = time.monotonic() - self._began
        if not self._is_forecast and self._clock.step is not None:
            self._is_forecast = True
            since, scope = (0.0, "from now on") if self._is_resumed else (passed, "in all")
            say_forecast(self._clock, since, scope, self._progress.note)
        elif report.epoch_ended and report.epoch == FOLLOWED and not self._is_resumed:
            total = self._clock.total(passed)
            if total:
                self._progress.note(f"after {FOLLOWED} epochs: {span(*total)} in all")


def say_forecast(clock: Clock, passed: float, scope: str, tell: Callable[[str], None]) -> None:
    """Say how long a training will take.

    Args:
        clock: What follows its pace.
        passed: Seconds that it has taken already.
        scope: Of what the forecast is.
        tell: Shows a line.
    """
    total = clock.forecast(passed)
    if total and clock.step is not None:
        tell(f"forecast       {span(*total)} {scope} ({1000 * clock.step:.1f} ms a step)")
