"""One training with its run folder, from the plan to the end."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mnist_gan.config.loading import dump_config, resolved
from mnist_gan.config.schema import Config
from mnist_gan.runs import TRAIN, Checkpoint, Manifest, RunFolder, best_row, create_run, now
from mnist_gan.session.callbacks import Callback, Callbacks
from mnist_gan.session.forecast import ALONE, Clock, Costs, measured_costs
from mnist_gan.session.plan import Plan, build_plan, data_record
from mnist_gan.session.progress import Progress
from mnist_gan.session.recorder import DivergedError, Recorder
from mnist_gan.session.result import DIVERGED, Ended
from mnist_gan.session.signals import StopSignals
from mnist_gan.session.summary import summary
from mnist_gan.support.console import say
from mnist_gan.support.errors import UserError
from mnist_gan.support.runtime import fast_precision, versions
from mnist_gan.support.units import span

if TYPE_CHECKING:
    from mnist_gan.training.trainer import Report

FEW = 10  # epochs, below which a training is a trial
FOLLOWED = 3  # epochs, after which the forecast is made again from what they took


def preview(config: Config) -> None:
    """Print a config and what its training would be and take; its first steps are made for that."""
    began = time.monotonic()
    config = resolved(config, fast_precision(), config.training.epochs)
    print(dump_config(config), end="", flush=True)
    plan = build_plan(config)
    summary(plan)
    trainer, training = plan.trainer, config.training
    alone = trainer.updates_alone
    clock = Clock(trainer, training, measured_costs(trainer, plan.online, training))
    for report in trainer.steps(training.epochs):
        clock.steps_made(report)
        if clock.step is not None:
            break
    passed = time.monotonic() - began + ALONE * alone * (clock.step or 0)
    _say_forecast(clock, passed, "in all", say)


def train(
    config: Config, outputs: Path, *, quiet: bool = False, callbacks: Sequence[Callback] = ()
) -> Ended:
    """Train a new run."""
    began = time.monotonic()
    config = resolved(config, fast_precision(), config.training.epochs)
    plan = build_plan(config)
    run = create_run(outputs, config.name, dump_config(config), _manifest(plan))
    with run.locked():
        return _train(plan, run, None, began, quiet, callbacks)


def resume(
    config: Config,
    run: RunFolder,
    checkpoint: Checkpoint | None,
    *,
    quiet: bool = False,
    callbacks: Sequence[Callback] = (),
) -> Ended:
    """Train a locked run on, from its last checkpoint."""
    began = time.monotonic()
    plan = build_plan(config, run.manifest())
    run.write_config(config)
    return _train(plan, run, checkpoint, began, quiet, callbacks)


def _train(
    plan: Plan,
    run: RunFolder,
    checkpoint: Checkpoint | None,
    began: float,
    quiet: bool,
    callbacks: Sequence[Callback],
) -> Ended:
    """Train to the end or to a signal, keeping what is due."""
    trainer, settings = plan.trainer, plan.config.training
    recorder = Recorder(run, plan.config, trainer, plan.online, began=plan.began)
    told = Callbacks(callbacks, trainer, settings.epochs)
    is_stopped, failure = False, None
    with StopSignals() as stop:
        try:
            with recorder.closing(), Progress(settings, trainer, quiet) as progress:
                recorder.begin(checkpoint)
                if not quiet:
                    summary(plan, run)
                costs = Costs() if quiet else measured_costs(trainer, plan.online, settings)
                clock = Clock(trainer, settings, costs)
                forecasts = _Forecasts(clock, progress, began, checkpoint)
                for report in trainer.run(settings.epochs):
                    clock.steps_made(report)
                    verdict = recorder.keep(report)
                    clock.kept(report, has_grid=verdict is not None)
                    row = recorder.history[-1] if report.epoch_ended else None
                    progress.show(report, row, clock.left(), verdict)
                    if not quiet:
                        forecasts.say_due(report, settings.epochs)
                    try:
                        is_stopped = told.report(report)
                    except Exception as error:  # of whoever calls us; the run is saved first
                        failure = error
                    if stop.received or is_stopped or failure:
                        break
        except DivergedError as error:
            say(f"{error}. {run.folder} stays as it was after epoch {len(recorder.history)}.")
            _publish(run)
            return Ended(run, DIVERGED)
        if not recorder.finished:
            say(
                f"Stopped in epoch {report.epoch} of {settings.epochs}, nothing is lost; go on "
                f"with: mnist-gan train --resume {run.folder}"
            )
        elif not quiet:
            _conclude(recorder)
        _publish(run)
    if failure:
        raise failure
    told.end()
    return Ended(run, 0 if recorder.finished else stop.exit_code)


class _Forecasts:
    """Says the forecast as soon as the pace is known, and once more after some epochs."""

    def __init__(
        self, clock: Clock, progress: Progress, began: float, checkpoint: Checkpoint | None
    ) -> None:
        self._clock, self._progress, self._began = clock, progress, began
        self._is_resumed = checkpoint is not None
        self._is_said = False

    def say_due(self, report: Report, epochs: int) -> None:
        """Say what is due after a report."""
        passed = time.monotonic() - self._began
        if report.epoch_ended and report.epoch == epochs:
            return
        if not self._is_said and self._clock.step is not None:
            self._is_said = True
            if self._is_resumed:
                _say_forecast(self._clock, 0.0, "from now on", self._progress.note)
            else:
                _say_forecast(self._clock, passed, "in all", self._progress.note)
        if report.epoch_ended and report.epoch == FOLLOWED and not self._is_resumed:
            total = self._clock.total(passed)
            if total:
                self._progress.note(f"after {FOLLOWED} epochs: {span(*total)} in all")


def _say_forecast(clock: Clock, passed: float, scope: str, tell: Callable[[str], None]) -> None:
    """Say how long a training will take."""
    total = clock.forecast(passed)
    if total and clock.step is not None:
        tell(f"forecast       {span(*total)} {scope} ({1000 * clock.step:.1f} ms a step)")


def _publish(run: RunFolder) -> None:
    """Bring the run's page and the index up to date; training is kept, whatever becomes of them."""
    from mnist_gan.pages.index_page import write_index
    from mnist_gan.pages.run_page import write_run_page

    try:
        write_run_page(run)
        write_index(run.folder.parent)
    except (OSError, UserError) as error:
        say(f"The page of {run.folder} is not up to date ({error}); mnist-gan browse mends that.")


def _conclude(recorder: Recorder) -> None:
    """Say which generator was best, where digits were judged, and after a trial what to do next."""
    best = best_row(recorder.history)
    if best:
        say(
            f"The best generator was that of epoch {best['epoch']:.0f}, kept as "
            f"{recorder.run.best.name} (Fréchet distance {best['frechet_distance']:.2f})."
        )
    if recorder.settings.epochs < FEW:
        say(
            f"Next: mnist-gan browse {recorder.run.folder} shows this trial, "
            "mnist-gan train --config fast draws clear digits."
        )


def _manifest(plan: Plan) -> Manifest:
    """Return the manifest of a run that begins now."""
    return Manifest(
        kind=TRAIN,
        status="running",
        command=["mnist-gan", *sys.argv[1:]],
        seed=plan.config.training.seed,
        threads=plan.threads,
        versions=versions(),
        data=data_record(plan.dataset, plan.online),
        equilibrium=plan.trainer.step.objective.equilibrium,
        started=now(),
    )
