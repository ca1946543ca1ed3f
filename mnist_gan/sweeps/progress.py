"""The progress of a sweep: one bar for all trainings, or lines without a terminal."""

import time

from mnist_gan.support.console import EVERY, Shown, bar, is_live, say
from mnist_gan.support.units import counted, duration
from mnist_gan.sweeps.pace import Pace
from mnist_gan.sweeps.record import Training
from mnist_gan.sweeps.worker import Outcome


class Progress(Shown):
    """Shows how far a sweep is.

    Args:
        trainings: What is still to be trained.
        epochs: Of each training, in all.
        slots: Trainings at once.
        quiet: Whether nothing is shown.
    """

    def __init__(
        self, trainings: list[Training], epochs: dict[int, int], slots: int, *, quiet: bool
    ) -> None:
        left = {each.number: epochs[each.number] - each.epochs for each in trainings}
        self._pace, self._epochs = Pace(left, slots), epochs
        self._count, self._ended, self._done = len(trainings), 0, 0
        self._total, self._quiet = sum(left.values()), quiet
        self._lines, self._last_line = not quiet and not is_live(), time.monotonic()
        self._is_forecast = False
        self._bar = bar(
            total=self._total,
            desc="starting",
            disable=quiet or not is_live(),
            bar_format="{desc} {bar} {n:,.0f} of {total:,.0f} epochs{postfix}",
        )

    def told(self, training: Training, epochs: int) -> None:
        """Show that a training has so many epochs."""
        made = epochs - training.epochs
        self._done += made
        self._pace.told(training.number, self._epochs[training.number] - epochs)
        self._show(made)

    def ended(self, training: Training, outcome: Outcome) -> None:
        """Show how a training ended."""
        self._pace.ended(training.number)
        self._ended += 1
        if not self._quiet:
            why = f": {outcome.why}" if outcome.why else f" in {duration(outcome.seconds)}"
            self.note(f"{self._ended} of {self._count}: {training.folder} {outcome.status}{why}")
        self._show(0)

    def _show(self, made: int) -> None:
        """Move the bar on, or print a line from time to time."""
        seconds = self._pace.seconds()
        left = "" if seconds is None else f", {duration(seconds)} left"
        if seconds is not None and not self._is_forecast and not self._quiet:
            self._is_forecast = True
            self.note(f"forecast: {duration(seconds)} for {counted(self._count, 'training')}")
        self._bar.set_description_str(f"{self._ended} of {self._count} trained", refresh=False)
        self._bar.set_postfix_str(left.removeprefix(", "), refresh=False)
        self._bar.update(made)
        now = time.monotonic()
        if self._lines and made and now - self._last_line >= EVERY:
            self._last_line = now
            say(f"{self._done:,} of {self._total:,} epochs{left}")
