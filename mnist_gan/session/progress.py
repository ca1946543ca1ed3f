"""The progress of a training: a bar, or a line per epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mnist_gan.support.console import Shown, bar, is_live, say
from mnist_gan.support.units import duration

if TYPE_CHECKING:
    from mnist_gan.config.schema import Training
    from mnist_gan.evaluation.diagnostics import Diagnosis
    from mnist_gan.runs import Row
    from mnist_gan.training.trainer import Report, Trainer


class Progress(Shown):
    """A bar over all images of all epochs, or a line per epoch without a terminal.

    Args:
        settings: The settings of the training.
        trainer: The trainer.
        quiet: Whether nothing is shown.
    """

    def __init__(self, settings: Training, trainer: Trainer, quiet: bool) -> None:
        self._epochs, self._batch_size = settings.epochs, settings.batch_size
        self._quiet, terminal = quiet, is_live()
        self._lines = not quiet and not terminal
        self._bar = bar(
            total=settings.epochs * trainer.steps_per_epoch * settings.batch_size,
            initial=trainer.step.count * settings.batch_size,
            unit=" images",
            unit_scale=True,
            desc="starting",
            disable=quiet or not terminal,
            bar_format="{desc} {bar} {rate_noinv_fmt}{postfix}",
        )

    def show(
        self, report: Report, row: Row | None, left: float | None, diagnosis: Diagnosis | None
    ) -> None:
        """Update the bar; without a terminal, print a line at the end of an epoch.

        Args:
            report: The trainer's report on its last steps.
            row: The epoch's row of the history, if an epoch has ended.
            left: Remaining seconds, or None while unknown.
            diagnosis: The diagnosis, if a grid was drawn.
        """
        if report.epoch == 0:
            self._bar.set_description_str("pretraining")
            return
        means = report.means
        losses = f"D {means['discriminator_loss']:.3f} G {means['generator_loss']:.3f}"
        epoch = f"epoch {report.epoch}/{self._epochs}"
        self._bar.set_description_str(f"{epoch} {losses}", refresh=False)
        remaining = "" if left is None else f"{duration(left)} left"
        self._bar.set_postfix_str(remaining, refresh=False)
        self._bar.update(report.steps * self._batch_size)
        if self._lines and row:
            say(", ".join(filter(None, (f"{epoch}: {losses}, {row['seconds']:.1f} s", remaining))))
        if diagnosis and not self._quiet:
            self.note(f"diagnosis, epoch {report.epoch}: {diagnosis.sentence}")
