"""What a person sees on the terminal: sentences, and the progress of training."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from statistics import mean
from threading import RLock
from types import TracebackType
from typing import TYPE_CHECKING, Self

from tqdm import tqdm

from mnist_gan.config import Training
from mnist_gan.doctor import Verdict
from mnist_gan.runs import Row
from mnist_gan.units import duration

if TYPE_CHECKING:
    from mnist_gan.trainer import Report, Trainer


tqdm.set_lock(RLock())  # its own would leave semaphores behind in workers that Ctrl-C kills
RECENT = 20  # epochs whose mean tells the time left; the first, which starts up, is not one


def say(sentence: str) -> None:
    """Print a line for people; what scripts read goes to stdout instead."""
    print(sentence, file=sys.stderr, flush=True)


class Progress:
    """A bar over all images of all epochs, or a line per epoch where there is no terminal."""

    def __init__(self, settings: Training, trainer: Trainer, quiet: bool) -> None:
        self._epochs, self._batch_size = settings.epochs, settings.batch_size
        self._quiet, terminal = quiet, sys.stderr.isatty()
        self._lines = not quiet and not terminal
        self._bar = tqdm(
            total=settings.epochs * trainer.steps_per_epoch * settings.batch_size,
            initial=trainer.step.count * settings.batch_size,
            unit=" images",
            unit_scale=True,
            dynamic_ncols=True,
            desc="starting",
            disable=quiet or not terminal,
            bar_format="{desc} {bar} {rate_noinv_fmt}, {remaining} left",
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.close()

    def show(self, report: Report, history: Sequence[Row], verdict: Verdict | None) -> None:
        """Move the bar to where training stands; say a line at the end of an epoch."""
        if report.epoch == 0:
            self._bar.set_description_str("warm-up")
            return
        means = report.means
        losses = f"D {means['discriminator_loss']:.3f} G {means['generator_loss']:.3f}"
        place = f"epoch {report.epoch}/{self._epochs}"
        self._bar.set_description_str(f"{place} {losses}", refresh=False)
        self._bar.update(report.steps * self._batch_size)
        if self._lines and report.epoch_ended:
            recent = [row["seconds"] for row in history[1:][-RECENT:] or history]
            left = duration((self._epochs - report.epoch) * mean(recent))
            say(f"{place}: {losses}, {history[-1]['seconds']:.1f} s, {left} left")
        if verdict and not self._quiet:
            self._bar.write(f"doctor, epoch {report.epoch}: {verdict.sentence}", file=sys.stderr)
