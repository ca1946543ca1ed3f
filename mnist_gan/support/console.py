"""Lines for people, and progress bars."""

from __future__ import annotations

import sys
import time
from threading import RLock
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from mnist_gan.support.units import duration

if TYPE_CHECKING:
    pass

LOADING = "loading TensorFlow ..."  # said before anything that takes longer than a moment
EVERY = 10.0  # seconds between two lines on progress where there is no terminal


def say(sentence: str) -> None:
    """Print a line for people; what scripts read goes to stdout instead."""
    print(sentence, file=sys.stderr, flush=True)


class Shown:
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


class Work(Shown):
    """Progress through counted work: a bar on a terminal, elsewhere a line every ten seconds."""

    def __init__(self, what: str, total: int, unit: str, *, quiet: bool = False) -> None:
        terminal = sys.stderr.isatty()
        self._what, self._total, self._unit = what, total, unit
        self._lines = not quiet and not terminal
        self._began = self._said = time.monotonic()
        self._done = 0.0
        self._bar = bar(
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


def bar(**settings: Any) -> Any:
    """Return one of tqdm's bars, as wide as the terminal."""
    from tqdm import tqdm

    tqdm.set_lock(RLock())  # its own would leave semaphores behind in workers that Ctrl-C kills
    return tqdm(dynamic_ncols=True, **settings)
