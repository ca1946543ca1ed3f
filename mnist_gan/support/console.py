"""Lines for people, and progress bars."""

from __future__ import annotations

import sys
import time
import warnings
from importlib import import_module
from threading import RLock
from typing import Any, Self

from mnist_gan.support.text import escaped, shortened
from mnist_gan.support.units import duration

LOADING = "loading Keras ..."  # printed first, as it takes some seconds
EVERY = 10.0  # seconds between two lines of progress without a terminal


def say(sentence: str) -> None:
    """Print a line for people to stderr; stdout is for output that scripts read."""
    print(shortened(sentence), file=sys.stderr, flush=True)


def print_path(path: object) -> None:
    """Print a path to stdout: for scripts byte by byte, on a terminal with what is odd escaped."""
    print(escaped(path) if sys.stdout.isatty() else path, flush=True)


class Shown:
    """A context manager that closes its progress bar."""

    _bar: Any

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.close()

    def note(self, sentence: str) -> None:
        """Print a line for people above the bar."""
        self._bar.write(shortened(sentence), file=sys.stderr)


class Work(Shown):
    """Progress of countable work: a bar on a terminal, otherwise a line from time to time.

    Args:
        what: A description of the work.
        total: How many units there are.
        unit: The name of a unit, in the plural.
        quiet: Whether nothing is shown.
    """

    def __init__(self, what: str, total: int, unit: str, *, quiet: bool = False) -> None:
        terminal = is_live()
        self._what, self._total, self._unit = what, total, unit
        self._lines = not quiet and not terminal
        self._began = self._last_line = time.monotonic()
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
        """Show progress.

        Args:
            done: Units of work that were done since the last call.
            what: A new description of the work, if not empty.
        """
        self._what = what or self._what
        self._done += done
        self._bar.set_description_str(self._what, refresh=False)
        self._bar.update(done)
        now = time.monotonic()
        if self._lines and now - self._last_line >= EVERY and 0 < self._done < self._total:
            self._last_line = now
            left = (now - self._began) * (self._total / self._done - 1)
            progress = f"{self._done:,.0f} of {self._total:,} {self._unit}"
            say(f"{self._what}: {progress}, {duration(left)} left")


def is_live() -> bool:
    """Return whether progress can be redrawn: on a terminal and in a notebook."""
    return sys.stderr.isatty() or _is_notebook()


def bar(**settings: Any) -> Any:
    """Return a tqdm bar, in a notebook that of notebooks; `settings` are those of tqdm."""
    with warnings.catch_warnings(action="ignore"):  # without ipywidgets it is a line of text
        module = import_module("tqdm.auto" if _is_notebook() else "tqdm")

    module.tqdm.set_lock(
        RLock()
    )  # tqdm's own lock leaves semaphores behind if Ctrl-C kills a worker
    return module.tqdm(dynamic_ncols=True, **settings)


def _is_notebook() -> bool:
    """Return whether stderr is shown below a notebook's cell."""
    return type(sys.stderr).__module__.startswith("ipykernel")
