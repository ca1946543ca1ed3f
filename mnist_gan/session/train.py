"""One training with its run folder, from the plan to the end."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from mnist_gan.config.loading import dump_config, resolved
from mnist_gan.config.schema import Config
from mnist_gan.data.sources import Dataset
from mnist_gan.runs import (
    TRAIN,
    Checkpoint,
    Manifest,
    RunFolder,
    best_row,
    create_run,
    now,
)
from mnist_gan.session.forecast import Clock, Pace, Span, forecast, measured_pace
from mnist_gan.session.plan import Plan, build_census, data_record, load_images
from mnist_gan.session.progress import Progress
from mnist_gan.session.recorder import DivergedError, Recorder
from mnist_gan.session.signals import StopSignals
from mnist_gan.session.summary import summary
from mnist_gan.support.console import say
from mnist_gan.support.errors import UserError
from mnist_gan.support.runtime import fast_precision, start_tensorflow, versions
from mnist_gan.support.units import counted, span
from mnist_gan.training.build import build_trainer, real_rows

FEW = 10  # epochs, below which a training is a trial
FOLLOWED = 3  # epochs, after which the forecast is made again from what they took
DIVERGED = 1  # the exit code of a training that holds no numbers any more


def preview(config: Config) -> int:
    """Print a config and what its training would be and cost; return the exit code."""
    began = time.monotonic()
    config = resolved(config, fast_precision(), config.training.epochs)
    print(dump_config(config), end="", flush=True)
    plan = _plan(config)
    summary(plan, *_costs(plan, began, quiet=False))
    return 0


def train_new(config: Config, outputs: Path, *, quiet: bool) -> tuple[RunFolder, int]:
    """Train a new run; return it and the exit code."""
    began = time.monotonic()
    config = resolved(config, fast_precision(), config.training.epochs)
    plan = _plan(config)
    pace, total = _costs(plan, began, quiet=quiet)
    run = create_run(outputs, config.name, dump_config(config), _manifest(plan))
    with run.locked():
        if not quiet:
            summary(plan, pace, total, run)
        recorder = Recorder(run, config, plan.trainer, plan.census, began=plan.began)
        return run, _loop(recorder, None, pace, began, quiet)


def resume(
    run: RunFolder, config: Config, checkpoint: Checkpoint | None, began: float, *, quiet: bool
) -> int:
    """Go on with a locked run where its last checkpoint left off; return the exit code."""
    plan = _plan(config, run.manifest())
    if checkpoint:
        plan.trainer.restore(checkpoint.state)
    pace, total = _costs(plan, began, quiet=quiet)
    if not quiet:
        summary(plan, pace, total, run)
    run.write_config(config)
    recorder = Recorder(run, config, plan.trainer, plan.census, began=plan.began)
    return _loop(recorder, checkpoint, pace, began, quiet)


def _plan(config: Config, manifest: Manifest | None = None) -> Plan:
    """Return the training that a config describes; data are read before TensorFlow is loaded.

    `manifest` is that of a run that goes on.
    """
    dataset = load_images(config.data)
    rows = real_rows(config, dataset)
    if manifest:
        _refuse_other_data(manifest, dataset)
    threads = start_tensorflow(manifest.threads if manifest else config.training.threads)
    began = time.monotonic()
    trainer = build_trainer(config, rows)
    return Plan(config, threads, dataset, trainer, build_census(config, dataset), began)


def _costs(plan: Plan, began: float, *, quiet: bool) -> tuple[Pace, Span]:
    """Return the pace of a training, and the seconds that it takes in all.

    In all is from when the command `began`; of a training that goes on, it is from now on. For a
    `quiet` one, whose pace nobody sees, nothing is measured.
    """
    training, trainer = plan.config.training, plan.trainer
    if quiet:
        return Pace(0.0, 0.0, 0.0), Span(0.0, 0.0)
    pace = measured_pace(trainer, plan.census, training)
    passed = 0.0 if trainer.step.count else time.monotonic() - began
    return pace, forecast(pace, training, trainer.steps_per_epoch, trainer.step.count, passed)


def ended(run: RunFolder, exit_code: int) -> int:
    """Print the folder of a training that can be used or goes on, and return its exit code."""
    if exit_code != DIVERGED:
        print(run.folder, flush=True)
    return exit_code


def _loop(
    recorder: Recorder, checkpoint: Checkpoint | None, pace: Pace, began: float, quiet: bool
) -> int:
    """Train to the end or to a signal, keeping what is due; return the exit code."""
    trainer, settings, run = recorder.trainer, recorder.settings, recorder.run
    followed = None if quiet or checkpoint else FOLLOWED
    with StopSignals() as stop:
        try:
            with recorder.closing(), Progress(settings, trainer, quiet) as progress:
                recorder.begin(checkpoint)
                clock = Clock(pace, settings, trainer.steps_per_epoch)
                for report in trainer.run(settings.epochs):
                    clock.steps_made(report)
                    verdict = recorder.keep(report)
                    clock.kept(report, has_grid=verdict is not None)
                    row = recorder.history[-1] if report.epoch_ended else None
                    progress.show(report, row, clock.left(), verdict)
                    if row and followed == report.epoch < settings.epochs:
                        total = clock.total(time.monotonic() - began)
                        progress.note(f"after {followed} epochs: {span(*total)} in all")
                    if stop.received:
                        break
        except DivergedError as error:
            say(f"{error}. {run.folder} stays as it was after epoch {len(recorder.history)}.")
            _publish(run)
            return DIVERGED
        if not recorder.finished:
            say(
                f"Stopped in epoch {report.epoch} of {settings.epochs}, nothing is lost; go on "
                f"with: mnist-gan train --resume {run.folder}"
            )
        elif not quiet:
            _conclude(recorder)
        _publish(run)
    return stop.exit_code if not recorder.finished else 0


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
        data=data_record(plan.dataset, plan.census),
        equilibrium=plan.trainer.step.objective.equilibrium,
        started=now(),
    )


def _refuse_other_data(manifest: Manifest, dataset: Dataset) -> None:
    """Refuse to go on with images that differ from those the run began with."""
    if dataset.sha256 != manifest.data.sha256:
        raise UserError(
            f"The run began with {counted(manifest.data.count, 'image')} "
            f"({manifest.data.source}), but now there are other data: "
            f"{counted(len(dataset.images), 'image')} ({dataset.source}); bring the first back."
        )
