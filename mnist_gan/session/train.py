"""One training with its run folder, from the plan to the end."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import NoReturn

from mnist_gan.config.loading import dump_config
from mnist_gan.config.schema import Config
from mnist_gan.data.sources import Dataset
from mnist_gan.pages.publish import keep_current
from mnist_gan.runs import (
    TRAIN,
    Checkpoint,
    Expected,
    Manifest,
    RunFolder,
    best_row,
    command_line,
    create_run,
    layout,
    now,
)
from mnist_gan.session.callbacks import Callback, Callbacks
from mnist_gan.session.display import Display, say_forecast
from mnist_gan.session.ended import DIVERGED, Ended
from mnist_gan.session.forecast import ALONE, Clock, Span, measured_costs
from mnist_gan.session.images import data_record
from mnist_gan.session.plan import Plan, build_plan, resolved_here
from mnist_gan.session.recorder import DivergedError, Recorder
from mnist_gan.session.signals import StopSignals
from mnist_gan.session.summary import summary
from mnist_gan.support.console import say
from mnist_gan.support.files import remove_left_parts
from mnist_gan.support.hosts import agreed, is_announced, is_follower
from mnist_gan.support.runtime import (
    DEVICES,
    device_in_use,
    refuse_without_memory,
    remove_generated_code,
    versions,
)

FEW = 10  # epochs, below which a training is a trial


def preview(config: Config) -> None:
    """Print a config and what its training would be and take; its first steps are made for that."""
    began = time.monotonic()
    config = resolved_here(config)
    print(dump_config(config), end="", flush=True)
    plan = build_plan(config)
    summary(plan)
    clock, passed = _first_steps(plan, began)
    say_forecast(clock, passed, "in all", say)


def forecast(config: Config) -> Span:
    """Return how long a training would take, in seconds; its first steps are made for that."""
    began = time.monotonic()
    clock, passed = _first_steps(build_plan(resolved_here(config)), began)
    return clock.forecast(passed) or Span(passed, passed)


def train(
    config: Config,
    outputs: Path,
    number: int | None,
    dataset: Dataset | None,
    quiet: bool,
    callbacks: Sequence[Callback],
) -> Ended:
    """Train a new run: the second half of `start.train`."""
    began = time.monotonic()
    config = resolved_here(config)
    plan = build_plan(config, None, dataset)
    if is_follower():
        _follow(plan, None)
    run = create_run(outputs, config.name, dump_config(plan.config), new_manifest(plan), number)
    with run.locked(), refuse_without_memory():
        return train_plan(plan, run, None, callbacks, began, quiet)


def resume(
    config: Config,
    run: RunFolder,
    dataset: Dataset | None,
    quiet: bool,
    callbacks: Sequence[Callback],
) -> Ended:
    """Train a locked run on, from its checkpoint if any: the second half of `start.resume`."""
    began = time.monotonic()
    manifest = run.manifest()
    plan = build_plan(config, manifest, dataset)
    checkpoint = run.checkpoints.newest(_expected(plan, manifest))
    if is_follower():
        _follow(plan, checkpoint)
    device = device_in_use()
    if manifest.device and manifest.device != device:
        say(
            f"The run began on a {DEVICES[manifest.device]}; on a {DEVICES[device]} its last bits "
            "differ from now on."
        )
    before, devices = run.config().training.devices, plan.config.training.devices
    if before != devices:
        say(f"The run began on {before} devices; on {devices} its last bits differ from now on.")
    with run.locked() if is_announced() else nullcontext(), refuse_without_memory():
        run.write_config(plan.config)
        return train_plan(plan, run, checkpoint, callbacks, began, quiet)


def train_plan(
    plan: Plan,
    run: RunFolder,
    checkpoint: Checkpoint | None,
    callbacks: Sequence[Callback],
    began: float,
    quiet: bool,
) -> Ended:
    """Train to the end or to a signal, keeping what is due."""
    trainer, epochs = plan.trainer, plan.config.training.epochs
    recorder = Recorder(run, plan.config, trainer, plan.online, began=plan.began)
    remove_left_parts(run.folder.parent)
    with Callbacks(callbacks, trainer, run, epochs) as called, StopSignals() as stop:
        try:
            with recorder.closing():
                recorder.begin(checkpoint)
                called.begin()
                with Display(plan, run, began, quiet=quiet) as display:
                    for report in trainer.run(epochs):
                        remove_generated_code()
                        display.made(report)
                        diagnosis = recorder.keep(report)
                        row = recorder.history[-1] if report.epoch_ended else None
                        display.kept(report, row, diagnosis)
                        called.report(report, row)
                        if agreed(stop.received is not None or called.is_stopping):
                            break
        except DivergedError as error:
            agreed(True)
            say(f"{error}. {run.folder} stays as it was after epoch {len(recorder.history)}.")
            keep_current(run)
            return Ended(run, DIVERGED)
        if not recorder.finished:
            say(
                f"Stopped in epoch {report.epoch} of {epochs}, nothing is lost; resume with: "
                f"mnist-gan train --resume {run.folder}"
            )
        elif not quiet:
            _conclude(recorder)
        keep_current(run)
    return Ended(run, 0 if recorder.finished else stop.exit_code)


def _expected(plan: Plan, manifest: Manifest) -> Expected:
    """Return what a checkpoint of a run must hold to be trained on."""
    trainer = plan.trainer
    per_step = trainer.step.settings.generator_updates
    return Expected(manifest.identity, layout(trainer.state()), trainer.steps_per_epoch, per_step)


def _follow(plan: Plan, checkpoint: Checkpoint | None) -> NoReturn:
    """Make the steps of a training that another process records; then end this process."""
    if checkpoint:
        plan.trainer.restore(checkpoint.state)
    with StopSignals() as stop:
        for _ in plan.trainer.run(plan.config.training.epochs):
            if agreed(stop.received is not None):
                break
    raise SystemExit(stop.exit_code)


def _first_steps(plan: Plan, began: float) -> tuple[Clock, float]:
    """Make the first steps; return what followed their pace, and the seconds passed."""
    trainer, training = plan.trainer, plan.config.training
    alone = trainer.updates_alone
    clock = Clock(trainer, training, measured_costs(trainer, plan.online, training))
    for report in trainer.steps(training.epochs):
        clock.steps_made(report)
        if clock.step is not None:
            break
    return clock, time.monotonic() - began + ALONE * alone * (clock.step or 0)


def _conclude(recorder: Recorder) -> None:
    """Say which generator was best, where images were evaluated, and after a trial what is next."""
    best = best_row(recorder.history)
    if best:
        say(
            f"The best generator was that of epoch {best['epoch']:.0f}, kept as "
            f"{recorder.run.best.name} (Fréchet distance {best['frechet_distance']:.2f})."
        )
    if recorder.settings.epochs < FEW:
        folder, clear = recorder.run.folder, "train --config fast draws clear digits"
        if not recorder.manifest.data.are_digits:
            clear = f"train --resume {folder} --epochs {10 * FEW} goes on"
        say(f"Next: mnist-gan browse {folder} shows this trial, mnist-gan {clear}.")


def new_manifest(plan: Plan) -> Manifest:
    """Return the manifest of a run that begins now."""
    return Manifest(
        kind=TRAIN,
        status="running",
        command=command_line(),
        seed=plan.config.training.seed,
        threads=plan.threads,
        device=device_in_use(),
        versions=versions(plan.config.training.backend),
        data=data_record(plan.dataset, plan.online),
        equilibrium=plan.trainer.step.objective.equilibrium,
        started=now(),
    )
