"""`mnist-gan train`: train a GAN, show how it goes, keep the run, go on with an earlier one."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mnist_gan.commands.console import LOADING, Progress, say
from mnist_gan.commands.forecast import Clock, Pace, Span, forecast, measured_pace
from mnist_gan.commands.parts import (
    Plan,
    build_census,
    build_trainer,
    data_record,
    load_images,
    real_rows,
)
from mnist_gan.commands.recorder import DivergedError, Recorder
from mnist_gan.commands.room import refuse_without_room
from mnist_gan.commands.signals import StopSignals
from mnist_gan.commands.summary import summary
from mnist_gan.config import Config, differences, dump_config, load_config
from mnist_gan.data import Dataset
from mnist_gan.errors import UserError
from mnist_gan.places import refuse_missing_data
from mnist_gan.runs import (
    TRAIN,
    Checkpoint,
    Manifest,
    Run,
    best_row,
    create_run,
    find_run,
    now,
)
from mnist_gan.runtime import fast_precision, start_tensorflow, versions
from mnist_gan.units import span

if TYPE_CHECKING:
    pass

FOLLOWED = 3  # epochs, after which the forecast is made again from what they took
DIVERGED = 1  # the exit code of a training that holds no numbers any more


def train(config: Config, outputs: Path, *, dry_run: bool, quiet: bool) -> int:
    """Train a new run, or only say what it would be; return the exit code."""
    began = time.monotonic()
    if dry_run:
        config = _resolved(config, fast_precision(), config.training.epochs)
        print(dump_config(config), end="", flush=True)
        plan = _plan(config, outputs, quiet=False)
        summary(plan, *_costs(plan, began))
        return 0
    run, exit_code = train_new(config, outputs, quiet=quiet)
    return _ended(run, exit_code)


def train_new(config: Config, outputs: Path, *, quiet: bool) -> tuple[Run, int]:
    """Train a new run; return it and the exit code."""
    began = time.monotonic()
    config = _resolved(config, fast_precision(), config.training.epochs)
    plan = _plan(config, outputs, quiet=quiet)
    run = create_run(outputs, config.name, dump_config(config), _manifest(plan))
    with run.locked():
        pace, total = _costs(plan, began)
        if not quiet:
            summary(plan, pace, total, run)
        recorder = Recorder(run, config, plan.trainer, plan.census, began=plan.began)
        return run, _loop(recorder, None, pace, began, quiet)


def resume(
    reference: str,
    config_name: str | None,
    overrides: Mapping[str, Any],
    outputs: Path,
    *,
    quiet: bool,
) -> int:
    """Go on with an earlier run where its last checkpoint left off; return the exit code."""
    began = time.monotonic()
    run = find_run(reference, outputs)
    with run.locked():
        manifest = run.manifest()
        if manifest.kind != TRAIN:
            raise UserError(
                f"{run.folder} is an experiment ({manifest.kind}); no training goes on."
            )
        config = _resumed_config(run, config_name, overrides)
        if manifest.status == "finished" and manifest.epochs == config.training.epochs:
            say(f"{run.folder} is finished: {manifest.epochs} epochs; a larger --epochs trains on.")
            print(run.folder)
            return 0
        checkpoint = run.load_checkpoint()
        if checkpoint is None and manifest.epochs:
            raise UserError(
                f"{run.folder} cannot go on after epoch {manifest.epochs}, because its checkpoints "
                "are gone; train a new run."
            )
        if manifest.versions != versions():
            say("Versions differ from those the run began with, so the last bits may, too.")
        plan = _plan(config, outputs, manifest, quiet=quiet)
        if checkpoint:
            plan.trainer.restore(checkpoint.state)
        pace, total = _costs(plan, began)
        if not quiet:
            summary(plan, pace, total, run)
        run.write_config(config)
        recorder = Recorder(run, config, plan.trainer, plan.census, began=plan.began)
        return _ended(run, _loop(recorder, checkpoint, pace, began, quiet))


def _plan(config: Config, outputs: Path, manifest: Manifest | None = None, *, quiet: bool) -> Plan:
    """Return the training that a config describes; what can be wrong is found before TensorFlow.

    `manifest` is that of a run that goes on.
    """
    if not manifest:
        refuse_without_room(config, outputs)
    refuse_missing_data(config.data.source)
    if not quiet:
        say(LOADING)
    dataset = load_images(config.data)
    rows = real_rows(config, dataset)
    if manifest:
        _refuse_other_data(manifest, dataset)
    threads = start_tensorflow(manifest.threads if manifest else config.training.threads)
    began = time.monotonic()
    trainer = build_trainer(config, rows)
    return Plan(config, threads, dataset, trainer, build_census(config, dataset), began)


def _costs(plan: Plan, began: float) -> tuple[Pace, Span]:
    """Return the pace of a training, and the seconds it will take since it `began`."""
    training, trainer = plan.config.training, plan.trainer
    pace = measured_pace(trainer, plan.census, training)
    steps = trainer.steps_per_epoch, trainer.step.count
    return pace, forecast(pace, training, *steps, time.monotonic() - began)


def _ended(run: Run, exit_code: int) -> int:
    """Print the folder of a training that can be used or goes on, and return its exit code."""
    if exit_code != DIVERGED:
        print(run.folder, flush=True)
    return exit_code


def _loop(
    recorder: Recorder, checkpoint: Checkpoint | None, pace: Pace, began: float, quiet: bool
) -> int:
    """Train to the end or to a signal, keeping what is due; return the exit code."""
    trainer, settings, run = recorder.trainer, recorder.settings, recorder.run
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
                    if row and report.epoch == FOLLOWED < settings.epochs and not quiet:
                        total = clock.total(time.monotonic() - began)
                        progress.note(f"after {FOLLOWED} epochs: {span(*total)} in all")
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


def _publish(run: Run) -> None:
    """Bring the run's page and the index up to date; training is kept, whatever becomes of them."""
    from mnist_gan.pages.index_page import write_index
    from mnist_gan.pages.run_page import write_run_page

    try:
        write_run_page(run)
        write_index(run.folder.parent)
    except (OSError, UserError) as error:
        say(f"The page of {run.folder} is not up to date ({error}); mnist-gan browse mends that.")


def _conclude(recorder: Recorder) -> None:
    """Say which epoch's generator was best, where digits were judged."""
    best = best_row(recorder.history)
    if best:
        say(
            f"The best generator so far is that of epoch {best['epoch']:.0f}, kept as "
            f"{recorder.run.best.name} (Fréchet distance {best['frechet_distance']:.2f})."
        )


def _resolved(config: Config, precision: str, decay_epochs: int | None) -> Config:
    """Return the config with these values where it leaves the choice to us."""
    settings = config.training
    choices: dict[str, Any] = {}
    if settings.precision == "auto":
        choices["precision"] = precision
    if settings.decay_epochs is None:
        choices["decay_epochs"] = decay_epochs
    return config.model_copy(update={"training": settings.model_copy(update=choices)})


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


def _resumed_config(run: Run, reference: str | None, overrides: Mapping[str, Any]) -> Config:
    """Return the run's config with a new total of epochs at most; refuse any other change."""
    saved = run.config()
    wished = load_config(reference, overrides) if reference else run.config(overrides)
    wished = _resolved(wished, saved.training.precision, saved.training.decay_epochs)
    allowed = wished.training.model_copy(update={"epochs": saved.training.epochs})
    changes = differences(saved, wished.model_copy(update={"training": allowed}))
    if changes:
        raise UserError(
            f"{run.folder} goes on as it began or not at all, but these settings differ: "
            f"{'; '.join(changes)}. Leave them out, or train a new run."
        )
    done = run.manifest().epochs
    if wished.training.epochs < done:
        raise UserError(
            f"{run.folder} has {done} epochs already; --epochs is the total and cannot be "
            f"{wished.training.epochs}."
        )
    return wished


def _refuse_other_data(manifest: Manifest, dataset: Dataset) -> None:
    """Refuse to go on with images that differ from those the run began with."""
    if dataset.sha256 != manifest.data.sha256:
        raise UserError(
            f"The run began with {manifest.data.count:,} images ({manifest.data.source}), but now "
            f"there are {len(dataset.images):,} others ({dataset.source}); bring the first back."
        )
