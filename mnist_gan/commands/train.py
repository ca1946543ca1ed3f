"""`mnist-gan train`: train a GAN, show how it goes, keep the run, go on with an earlier one."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mnist_gan.commands.console import Progress, say
from mnist_gan.commands.forecast import Forecast, forecast, refuse_without_room
from mnist_gan.commands.parts import (
    build_census,
    build_trainer,
    data_record,
    load_images,
    real_rows,
)
from mnist_gan.commands.recorder import DivergedError, Recorder
from mnist_gan.commands.signals import StopSignals
from mnist_gan.commands.summary import summary
from mnist_gan.config import Config, differences, dump_config, load_config
from mnist_gan.data import Dataset
from mnist_gan.errors import UserError
from mnist_gan.pages.index_page import write_index
from mnist_gan.pages.run_page import write_run_page
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
from mnist_gan.units import counted

if TYPE_CHECKING:
    from mnist_gan.evaluation import Census
    from mnist_gan.trainer import Trainer

FEW = 10  # epochs, below which a training is a trial
DIVERGED = 1  # the exit code of a training that holds no numbers any more


class _Plan(NamedTuple):
    """A training that could begin."""

    config: Config
    threads: int
    dataset: Dataset
    trainer: Trainer
    costs: Forecast
    began: float


def train(
    reference: str, overrides: Mapping[str, Any], outputs: Path, *, dry_run: bool, quiet: bool
) -> int:
    """Train a new run, or only say what it would be; return the exit code."""
    if dry_run:
        plan = _plan(reference, overrides)
        print(dump_config(plan.config), end="")
        summary(plan.config, plan.dataset, plan.trainer, plan.threads, plan.costs)
        return 0
    run, exit_code = train_new(reference, overrides, outputs, quiet=quiet)
    return _ended(run, exit_code, quiet)


def train_new(
    reference: str, overrides: Mapping[str, Any], outputs: Path, *, quiet: bool
) -> tuple[Run, int]:
    """Train a new run; return it and the exit code."""
    plan = _plan(reference, overrides)
    config, threads, dataset, trainer, costs, began = plan
    refuse_without_room(costs, outputs)
    census = build_census(config, dataset)
    manifest = _manifest(config, dataset, threads, trainer, census)
    run = create_run(outputs, config.name, dump_config(config), manifest)
    with run.locked():
        if not quiet:
            summary(config, dataset, trainer, threads, costs, run)
        recorder = Recorder(run, config, trainer, census, began=began)
        return run, _loop(recorder, None, quiet)


def resume(
    reference: str,
    config_name: str | None,
    overrides: Mapping[str, Any],
    outputs: Path,
    *,
    quiet: bool,
) -> int:
    """Go on with an earlier run where its last checkpoint left off; return the exit code."""
    run = find_run(reference, outputs)
    with run.locked():
        manifest = run.manifest()
        if manifest.kind != TRAIN:
            raise UserError(
                f"{run.folder} is an experiment ({manifest.kind}); no training goes on."
            )
        config = _resumed_config(run, config_name, overrides)
        if manifest.status == "finished" and manifest.epochs == config.training.epochs:
            done = counted(manifest.epochs, "epoch")
            say(f"{run.folder} is finished: {done}; a larger --epochs trains on.")
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
        threads = start_tensorflow(manifest.threads)
        dataset = load_images(config.data)
        _refuse_other_data(manifest, dataset)
        began = time.monotonic()
        trainer = build_trainer(config, real_rows(config, dataset))
        census = build_census(config, dataset)
        recorder = Recorder(run, config, trainer, census, began=began)
        if checkpoint:
            trainer.restore(checkpoint.state)
        if not quiet:
            costs = forecast(trainer, config)
            summary(config, dataset, trainer, threads, costs, run)
        run.write_config(config)
        return _ended(run, _loop(recorder, checkpoint, quiet), quiet)


def _plan(reference: str, overrides: Mapping[str, Any]) -> _Plan:
    """Return the training that a config describes, with what it will cost."""
    config = load_config(reference, overrides)
    config = _resolved(config, fast_precision(), config.training.epochs)
    threads = start_tensorflow(config.training.threads)
    dataset = load_images(config.data)
    began = time.monotonic()
    trainer = build_trainer(config, real_rows(config, dataset))
    return _Plan(config, threads, dataset, trainer, forecast(trainer, config), began)


def _ended(run: Run, exit_code: int, quiet: bool) -> int:
    """Print the folder of a training that can be used or goes on, and return its exit code."""
    manifest = run.manifest()
    if manifest.status == "finished" and manifest.epochs < FEW and not quiet:
        say(
            f"Next: mnist-gan browse {run.folder} shows this trial, "
            "mnist-gan train --config fast draws clear digits."
        )
    if exit_code != DIVERGED:
        print(run.folder, flush=True)
    return exit_code


def _loop(recorder: Recorder, checkpoint: Checkpoint | None, quiet: bool) -> int:
    """Train to the end or to a signal, keeping what is due; return the exit code."""
    trainer, settings, run = recorder.trainer, recorder.settings, recorder.run
    with StopSignals() as stop:
        try:
            with recorder.closing(), Progress(settings, trainer, quiet) as progress:
                recorder.begin(checkpoint)
                for report in trainer.run(settings.epochs):
                    verdict = recorder.keep(report)
                    progress.show(report, recorder.history, verdict)
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
    try:
        write_run_page(run)
        write_index(run.folder.parent)
    except (OSError, UserError) as error:
        say(f"The page of {run.folder} is not up to date ({error}); mnist-gan browse mends that.")


def _conclude(recorder: Recorder) -> None:
    """Say which epoch's generator was best in a finished training, where digits were judged."""
    best = best_row(recorder.history)
    if best:
        say(
            f"The best generator was that of epoch {best['epoch']:.0f}, kept as "
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


def _manifest(
    config: Config, dataset: Dataset, threads: int, trainer: Trainer, census: Census | None
) -> Manifest:
    """Return the manifest of a run that begins now."""
    return Manifest(
        kind=TRAIN,
        status="running",
        command=["mnist-gan", *sys.argv[1:]],
        seed=config.training.seed,
        threads=threads,
        versions=versions(),
        data=data_record(dataset, census),
        equilibrium=trainer.step.objective.equilibrium,
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
            f"{run.folder} has {counted(done, 'epoch')} already; --epochs is the total and cannot "
            f"be {wished.training.epochs}."
        )
    return wished


def _refuse_other_data(manifest: Manifest, dataset: Dataset) -> None:
    """Refuse to go on with images that differ from those the run began with."""
    if dataset.sha256 != manifest.data.sha256:
        raise UserError(
            f"The run began with {counted(manifest.data.count, 'image')} "
            f"({manifest.data.source}), but now there are other data: "
            f"{counted(len(dataset.images), 'image')} ({dataset.source}); bring the first back."
        )
