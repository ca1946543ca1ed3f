"""Decides what of a training is kept when, and has the run folder keep it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from mnist_gan.config import Config, Training
from mnist_gan.errors import UserError
from mnist_gan.noise import latents
from mnist_gan.runs import Checkpoint, Manifest, Row, Run, Status, now
from mnist_gan.sampling import copy_generator, generate

if TYPE_CHECKING:
    from mnist_gan.trainer import Report, Trainer

GRID = 100  # digits in a grid


class Recorder:
    """Keeps one training in its run folder: rows, grids, models, checkpoints, status."""

    def __init__(
        self, run: Run, manifest: Manifest, config: Config, trainer: Trainer, began: float
    ) -> None:
        self.run, self.manifest = run, manifest
        self.trainer, self.settings = trainer, config.training
        self.history: list[Row] = []
        self._latents = latents(config.training.seed, GRID, config.noise.latent_size)
        self._epoch_began = self._kept = began

    @property
    def finished(self) -> bool:
        """Whether every epoch is done."""
        return len(self.history) >= self.settings.epochs

    def begin(self, checkpoint: Checkpoint | None) -> None:
        """Take over where a checkpoint left off; without one, write the first."""
        if checkpoint:
            self.trainer.restore(checkpoint.state)
            self.history = checkpoint.history
            self._epoch_began -= checkpoint.seconds
            self.run.write_history(self.history)
        else:
            self._checkpoint()
        self._update("running")

    def keep(self, report: Report) -> None:
        """Write what a report makes due."""
        if report.epoch_ended:
            self._end_epoch(report)
        if self.finished or time.monotonic() - self._kept >= self.settings.checkpoint_seconds:
            self._checkpoint()

    @contextmanager
    def closing(self) -> Iterator[None]:
        """Leave the run with a checkpoint and a true status, however the block ends."""
        try:
            yield
            if not self.finished:
                self._checkpoint()
        except OSError as error:
            with suppress(OSError):  # where the disk is full, the lock will tell that it ended
                self._update("interrupted")
            raise UserError(
                f"{error.filename or self.run.folder}: {error.strerror or error}; once that is "
                f"mended, go on with: mnist-gan train --resume {self.run.folder}"
            ) from error
        except Exception:
            self._update("failed")
            raise
        self._update("finished" if self.finished else "interrupted")

    def _end_epoch(self, report: Report) -> None:
        """Write grid, models and the row of an epoch, in this order: the row counts the rest."""
        step = self.trainer.step
        if is_image_epoch(report.epoch, self.settings):
            images = generate(copy_generator(step.drawing_generator), self._latents)
            self.run.write_grid(report.epoch, images)
        self.run.save_models(step.drawing_generator, step.discriminator)
        seconds = time.monotonic() - self._epoch_began
        self._epoch_began += seconds
        row = {"epoch": report.epoch, "step": report.step, "seconds": round(seconds, 3)}
        self.history.append({**row, **report.means})
        self.run.write_history(self.history)
        self._update("running")

    def _checkpoint(self) -> None:
        """Write a checkpoint of this moment."""
        seconds = time.monotonic() - self._epoch_began
        step, state = self.trainer.step.count, self.trainer.state()
        self.run.save_checkpoint(Checkpoint(step, state, self.history, seconds))
        self._kept = time.monotonic()

    def _update(self, status: Status) -> None:
        """Bring run.json up to date."""
        ended = None if status == "running" else now()
        changes = {"status": status, "epochs": len(self.history), "finished": ended}
        self.manifest = self.manifest.model_copy(update=changes)
        self.run.write_manifest(self.manifest)


def is_image_epoch(epoch: int, settings: Training) -> bool:
    """Say whether an epoch ends with a grid: the first, every so many, the last."""
    return epoch in (1, settings.epochs) or epoch % settings.image_every == 0
