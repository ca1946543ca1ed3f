"""What a person sees on the terminal: sentences, and progress."""

from __future__ import annotations

import sys
import time
from threading import RLock
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from mnist_gan.units import duration

if TYPE_CHECKING:
    from mnist_gan.config import Training
    from mnist_gan.doctor import Verdict
    from mnist_gan.runs import Row
    from mnist_gan.trainer import Report, Trainer

LOADING = "loading TensorFlow ..."  # said before anything that takes longer than a moment
EVERY = 10.0  # seconds between two lines on progress where there is no terminal


def say(sentence: str) -> None:
    """Print a line for people; what scripts read goes to stdout instead."""
    print(sentence, file=sys.stderr, flush=True)


class _Shown:
    """A bar that is closed at the end of a block."""

    _bar: Any

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.close()


class Work(_Shown):
    """Progress through counted work: a bar on a terminal, elsewhere a line every ten seconds."""

    def __init__(self, what: str, total: int, unit: str, *, quiet: bool = False) -> None:
        terminal = sys.stderr.isatty()
        self._what, self._total, self._unit = what, total, unit
        self._lines = not quiet and not terminal
        self._began = self._said = time.monotonic()
        self._done = 0.0
        self._bar = _bar(
            total=total,
            desc=what,
            unit=f" {unit}",
            leave=False,
            disable=quiet or not terminal,
            bar_format="{desc} {bar} {n:,.0f} of {total:,.0f}{unit}, {remaining} left",
        )

    def __enter__(self) -> Self:
        if self._lines:
            say(f"{self._what} ...")
        return self

    def advance(self, done: float = 1, what: str = "") -> None:
        """Show that so much more is done, and at what the work is, where that changes."""
        self._what = what or self._what
        self._done += done
        self._bar.set_description_str(self._what, refresh=False)
        self._bar.update(done)
        now = time.monotonic()
        if self._lines and now - self._said >= EVERY and 0 < self._done < self._total:
            self._said = now
            left = (now - self._began) * (self._total / self._done - 1)
            place = f"{self._done:,.0f} of {self._total:,} {self._unit}"
            say(f"{self._what}: {place}, {duration(left)} left")


class Progress(_Shown):
    """A bar over all images of all epochs, or a line per epoch where there is no terminal."""

    def __init__(self, settings: Training, trainer: Trainer, quiet: bool) -> None:
        self._epochs, self._batch_size = settings.epochs, settings.batch_size
        self._quiet, terminal = quiet, sys.stderr.isatty()
        self._lines = not quiet and not terminal
        self._bar = _bar(
            total=settings.epochs * trainer.steps_per_epoch * settings.batch_size,
            initial=trainer.step.count * settings.batch_size,
            unit=" images",
            unit_scale=True,
            desc="starting",
            disable=quiet or not terminal,
            bar_format="{desc} {bar} {rate_noinv_fmt}{postfix}",
        )

    def show(self, report: Report, row: Row | None, left: float, verdict: Verdict | None) -> None:
        """Move the bar to where training stands; say a line at the end of an epoch.

        `row` is that of the history where an epoch has ended, `left` the seconds still to come.
        """
        if report.epoch == 0:
            self._bar.set_description_str("warm-up")
            return
        means = report.means
        losses = f"D {means['discriminator_loss']:.3f} G {means['generator_loss']:.3f}"
        place = f"epoch {report.epoch}/{self._epochs}"
        self._bar.set_description_str(f"{place} {losses}", refresh=False)
        self._bar.set_postfix_str(f"{duration(left)} left", refresh=False)
        self._bar.update(report.steps * self._batch_size)
        if self._lines and row:
            say(f"{place}: {losses}, {row['seconds']:.1f} s, {duration(left)} left")
        if verdict and not self._quiet:
            self.note(f"doctor, epoch {report.epoch}: {verdict.sentence}")

    def note(self, sentence: str) -> None:
        """Say a line above the bar."""
        self._bar.write(sentence, file=sys.stderr)


def _bar(**settings: Any) -> Any:
    """Return one of tqdm's bars, as wide as the terminal."""
    from tqdm import tqdm

    tqdm.set_lock(RLock())  # its own would leave semaphores behind in workers that Ctrl-C kills
    return tqdm(dynamic_ncols=True, **settings)
