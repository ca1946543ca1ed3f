"""What is kept when: history, grids, models, checkpoints."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
import scipy

from mnist_gan.config.schema import Config
from mnist_gan.data.images import LEVELS, PIXELS
from mnist_gan.evaluation.diagnostics import Diagnosis, diagnose, diverged
from mnist_gan.evaluation.metrics import nearest
from mnist_gan.pages.plots import write_curves
from mnist_gan.runs import Cells, Checkpoint, Row, RunFolder, Status, best_row, now
from mnist_gan.sampling.sampler import copy_generator, generate
from mnist_gan.session.disk import GRID, NEIGHBOURS
from mnist_gan.support.errors import UserError

if TYPE_CHECKING:
    from mnist_gan.evaluation.classifiers import Prediction
    from mnist_gan.evaluation.online import OnlineEvaluation
    from mnist_gan.training.trainer import Report, Trainer

PAGE_SHARE = 0.01  # of the time of training, at most, for the page
PAGE_SECONDS = 1.0  # what a page is taken to cost until one was written


class DivergedError(Exception):
    """Training that cannot go on, since its numbers are none any more."""


class Recorder:
    """Keeps one training in its run folder: rows, grids, models, checkpoints, status."""

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
        self.verdict: Diagnosis | None = None  # on the last grid of digits
        self._online = online
        self._page_seconds, self._paged = PAGE_SECONDS, 0.0  # the last page's, and of all
        drawn = max(GRID, config.training.eval_samples)
        drawing = copy_generator(trainer.step.drawing_generator)
        self._rows = drawing.latents(config.training.seed, drawn)
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

    def keep(self, report: Report) -> Diagnosis | None:
        """Write what a report makes due; return the doctor's verdict where a grid was drawn.

        Raises DivergedError instead, and writes nothing, where there are no numbers any more.
        """
        if not all(math.isfinite(mean) for mean in report.means.values()):
            self._diverged(report.epoch)
        if report.epoch_ended:
            self._end_epoch(report)
        if self.finished or time.monotonic() - self._kept >= self.settings.checkpoint_seconds:
            self._checkpoint()
        is_drawn = report.epoch_ended and self.settings.has_grid(report.epoch)
        return self.verdict if is_drawn else None

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
        """Write all that an epoch leaves, its row last: that counts the time of the rest."""
        step = self.trainer.step
        self._refuse_divergence(report.epoch, self.trainer.state())
        is_due = self.settings.has_grid(report.epoch)
        seen = self._draw(report.epoch) if is_due else {}
        self.run.save_models(step.drawing_generator, step.discriminator)
        row = {"epoch": report.epoch, "step": report.step, "seconds": 0.0, **report.means, **seen}
        self.history.append(row)
        if is_due:
            equilibrium = step.objective.equilibrium
            shares = self._online.shares.tolist() if self._online else None
            self.verdict = diagnose(self.history, equilibrium, self.config, shares)
            write_curves(self.run.curves, self.history, equilibrium)
        seconds = time.monotonic() - self._epoch_began
        self._epoch_began += seconds
        row["seconds"] = round(seconds, 3)
        self.run.write_history(self.history)
        self._update("running")
        if is_due:
            self._page()

    def _draw(self, epoch: int) -> dict[str, float]:
        """Write the grid of an epoch, keep its generator if it is the best; return the census."""
        network = self.trainer.step.drawing_generator
        images = generate(copy_generator(network), self._rows)
        self.run.write_grid(epoch, images[:GRID])
        if not self._online:
            self._keep_cells(epoch, images[:GRID], None)
            return {}
        seen = self._online.look(images)
        self._keep_cells(epoch, images[:GRID], seen)
        measured = self._online.measure(seen)
        best = best_row(self.history)
        if best is None or measured["frechet_distance"] < best["frechet_distance"]:
            self.run.save_best(network)
        return measured

    def _keep_cells(self, epoch: int, images: np.ndarray, seen: Prediction | None) -> None:
        """Write what D and the judge say of a grid's images (n, 784), and what they are like."""
        step, rows = self.trainer.step, self._rows[: len(images)]
        shown = [images, rows[:, step.latent_size :]] if step.classes else images
        logits = step.discriminator(shown, training=False).numpy()[:, 0]
        real = self.trainer.images.numpy()[:, :PIXELS]
        places, distances = nearest(images, real, min(NEIGHBOURS, len(real)))
        grey_levels = distances / math.sqrt(PIXELS) * LEVELS
        cells = Cells(
            scores=scipy.special.expit(logits.astype(float)).round(4).tolist(),
            digits=seen.digits[: len(images)].tolist() if seen else None,
            confidence=seen.confidence[: len(images)].round(4).tolist() if seen else None,
            nearest=places.tolist(),
            distances=grey_levels.round(1).tolist(),
        )
        self.run.write_cells(epoch, cells, real[places.ravel()])

    def _page(self) -> None:
        """Bring the run's page up to date, unless pages would cost too much of the time."""
        trained = sum(row["seconds"] for row in self.history)
        if self._paged + self._page_seconds > PAGE_SHARE * trained:
            return
        from mnist_gan.pages.run_page import write_run_page

        began = time.monotonic()
        write_run_page(self.run)
        self._page_seconds = time.monotonic() - began
        self._paged += self._page_seconds

    def _checkpoint(self) -> None:
        """Write a checkpoint of this moment."""
        seconds = time.monotonic() - self._epoch_began
        step, state = self.trainer.step.count, self.trainer.state()
        self._refuse_divergence(len(self.history) + 1, state)
        self.run.save_checkpoint(Checkpoint(step, state, self.history, seconds))
        self._kept = time.monotonic()

    def _refuse_divergence(self, epoch: int, state: Mapping[str, np.ndarray]) -> None:
        """Raise DivergedError where anything that is to be kept is no number."""
        if not all(np.isfinite(array).all() for array in state.values()):
            self._diverged(epoch)

    def _diverged(self, epoch: int) -> NoReturn:
        """Give up, leaving the run as it was when it last held numbers."""
        self.verdict = diverged(f"losses or weights are no numbers in epoch {epoch}", self.config)
        raise DivergedError(self.verdict.sentence)

    def _update(self, status: Status) -> None:
        """Bring run.json up to date."""
        ended = None if status == "running" else now()
        changes: dict[str, Any] = {"status": status, "epochs": len(self.history), "finished": ended}
        if self.verdict:
            changes["verdict"] = self.verdict.sentence
        self.manifest = self.manifest.model_copy(update=changes)
        self.run.write_manifest(self.manifest)
