"""What is kept when: history, grids, models, checkpoints."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

from mnist_gan.config.schema import Config
from mnist_gan.data.images import PIXELS
from mnist_gan.evaluation.diagnostics import Diagnosis, diagnose, diverged
from mnist_gan.evaluation.neighbours import nearest
from mnist_gan.pages.plots import write_curves
from mnist_gan.runs import Checkpoint, Row, RunFolder, Status, best_row, now
from mnist_gan.sampling.sampler import copy_generator, generate
from mnist_gan.session.annotations import annotate
from mnist_gan.session.disk import GRID, NEIGHBOURS
from mnist_gan.session.rationed import Rationed
from mnist_gan.support.errors import UserError

if TYPE_CHECKING:
    import keras

    from mnist_gan.evaluation.online import OnlineEvaluation
    from mnist_gan.training.trainer import Report, Trainer

PAGE_SHARE = 0.01  # of the training time is spent on pages, at most
PAGE_SECONDS = 1.0  # assumed time of the first page
CURVES_SHARE = 0.02  # likewise, for curves.png
MODELS_SHARE = 0.05  # likewise, for the generator and the discriminator


class DivergedError(Exception):
    """Training cannot continue, since losses or weights are non-finite."""


class Recorder:
    """Keeps one training in its run folder: history, grids, models, checkpoints, status.

    Args:
        run: The run folder, with its manifest.
        config: The config, resolved.
        trainer: The trainer that is recorded.
        online: The online evaluation, or None for none.
        began: When the training began, on the monotonic clock.
    """

    def __init__(
        self,
        run: RunFolder,
        config: Config,
        trainer: Trainer,
        online: OnlineEvaluation | None,
        *,
        began: float,
    ) -> None:
        self.run, self.manifest, self.trainer = run, run.manifest(), trainer
        self.config, self.settings = config, config.training
        self.history: list[Row] = []
        self.diagnosis: Diagnosis | None = None  # after the last grid
        self._online = online
        self._page, self._curves = Rationed(PAGE_SHARE, PAGE_SECONDS), Rationed(CURVES_SHARE)
        self._models, self._saved_epoch = Rationed(MODELS_SHARE), self.manifest.kept_epoch
        count = max(GRID, config.training.eval_samples)
        generator = copy_generator(trainer.step.drawing_generator)
        self._latents = generator.latents(config.training.seed, count)  # with labels, if any
        self._epoch_began = self._kept = began

    @property
    def finished(self) -> bool:
        """Whether every epoch is done."""
        return len(self.history) >= self.settings.epochs

    def begin(self, checkpoint: Checkpoint | None) -> None:
        """Restore a checkpoint; without one, write the first."""
        if checkpoint:
            self.trainer.restore(checkpoint.state)
            self.history = checkpoint.history
            self._epoch_began -= checkpoint.seconds
            self.run.write_history(self.history)
        else:
            self._checkpoint()
        self._update("running")

    def keep(self, report: Report) -> Diagnosis | None:
        """Write all files that are due after a report.

        Args:
            report: The trainer's report on its last steps.

        Returns:
            The diagnosis if a grid was drawn, otherwise None.

        Raises:
            DivergedError: If losses or weights are non-finite; then nothing is written.
        """
        if not all(math.isfinite(mean) for mean in report.means.values()):
            self._diverged(report.epoch)
        if report.epoch_ended:
            self._end_epoch(report)
        if self.finished or time.monotonic() - self._kept >= self.settings.checkpoint_seconds:
            self._checkpoint()
        is_drawn = report.epoch_ended and self.settings.has_grid(report.epoch)
        return self.diagnosis if is_drawn else None

    @contextmanager
    def closing(self) -> Iterator[None]:
        """Write a checkpoint and the right status at the end of the block, however it ends.

        Raises:
            UserError: If a file cannot be written, for example because the disk is full.
        """
        try:
            yield
            if not self.finished:
                self._checkpoint()
                self._draw_curves()
                if self._is_between_epochs() and self._saved_epoch != len(self.history):
                    self._save_models()
        except OSError as error:
            with suppress(OSError):  # with a full disk, the released lock shows the end
                self._update("interrupted")
            raise UserError(
                f"{error.filename or self.run.folder}: {error.strerror or error}; fix that, "
                f"then resume with: mnist-gan train --resume {self.run.folder}"
            ) from error
        except Exception:
            self._update("failed")
            raise
        self._update("finished" if self.finished else "interrupted")

    def _end_epoch(self, report: Report) -> None:
        """Write the files of an epoch, its history last, which includes the time of the others."""
        step = self.trainer.step
        self._check_finite(report.epoch)
        is_due = self.settings.has_grid(report.epoch)
        measured = self._draw(report.epoch) if is_due else {}
        times = {"epoch": report.epoch, "step": report.step, "seconds": 0.0}
        row = {**times, **report.means, **measured}
        self.history.append(row)
        self._models.do(math.inf if self.finished else self._trained(), self._save_models)
        if is_due:
            equilibrium = step.objective.equilibrium
            shares = self._online.shares if self._online else None
            real = None if shares is None else shares.tolist()
            self.diagnosis = diagnose(self.history, equilibrium, self.config, real)
            self._curves.do(math.inf if self.finished else self._trained(), self._draw_curves)
        seconds = time.monotonic() - self._epoch_began
        self._epoch_began += seconds
        row["seconds"] = round(seconds, 3)
        self.run.write_history(self.history)
        self._update("running")
        if is_due:
            self._page.do(self._trained(), partial(_write_page, self.run))

    def _draw(self, epoch: int) -> dict[str, float]:
        """Write a grid, and its generator if it is the best; return the online evaluation."""
        network = self.trainer.step.drawing_generator
        images = generate(copy_generator(network), self._latents)
        self.run.write_grid(epoch, images[:GRID])
        real = self.trainer.samples[:, :PIXELS]
        found = nearest(images[:GRID], real, min(NEIGHBOURS, len(real)))
        # last, since a GPU that has begun the next steps does this after them
        features = self._online.features(images) if self._online else None
        cells = annotate(self.trainer.step, images[:GRID], self._latents, features, found)
        self.run.write_cells(epoch, cells, real[found[0].ravel()])
        if not self._online or features is None:
            return {}
        measured = self._online.measure(features)
        best = best_row(self.history)
        if best is None or measured["frechet_distance"] < best["frechet_distance"]:
            self.run.save_best(_of_keras(network))
        return measured

    def _is_between_epochs(self) -> bool:
        """Return whether the networks are as they were after the last epoch, if there was one."""
        epochs, steps = divmod(self.trainer.step.count, self.trainer.steps_per_epoch)
        return epochs > 0 and steps == 0

    def _save_models(self) -> None:
        """Save both networks as they are after the last epoch."""
        step = self.trainer.step
        self.run.save_models(_of_keras(step.drawing_generator), _of_keras(step.discriminator))
        self._saved_epoch = len(self.history)

    def _draw_curves(self) -> None:
        """Write curves.png, once there is an epoch to show."""
        if self.history:
            write_curves(self.run.curves, self.history, self.trainer.step.objective.equilibrium)

    def _trained(self) -> float:
        """Return the seconds that the epochs took."""
        return sum(row["seconds"] for row in self.history)

    def _checkpoint(self) -> None:
        """Write a checkpoint of the current state."""
        seconds = time.monotonic() - self._epoch_began
        self._check_finite(len(self.history) + 1)
        step, state = self.trainer.step.count, self.trainer.state()
        self.run.checkpoints.save(
            Checkpoint(step, state, self.history, seconds, self.manifest.identity)
        )
        self._kept = time.monotonic()

    def _check_finite(self, epoch: int) -> None:
        """Raise DivergedError if anything in the state is non-finite."""
        if not self.trainer.step.is_finite():
            self._diverged(epoch)

    def _diverged(self, epoch: int) -> NoReturn:
        """Raise DivergedError; the run keeps its last finite state."""
        self.diagnosis = diverged(f"losses or weights are non-finite in epoch {epoch}", self.config)
        raise DivergedError(self.diagnosis.sentence)

    def _update(self, status: Status) -> None:
        """Update run.json."""
        ended = None if status == "running" else now()
        changes: dict[str, Any] = {
            "status": status,
            "epochs": len(self.history),
            "generator_epoch": self._saved_epoch,
            "finished": ended,
        }
        if self.diagnosis:
            changes["verdict"] = self.diagnosis.sentence
        self.manifest = self.manifest.model_copy(update=changes)
        self.run.write_manifest(self.manifest)


def _write_page(run: RunFolder) -> None:
    """Update the page of a run."""
    from mnist_gan.pages.run_page import write_run_page

    write_run_page(run)


def _of_keras(network: keras.Model) -> keras.Model:
    """Return a network as it is saved: of Keras's own layers."""
    from mnist_gan.models.spectral import plain

    return plain(network)
