"""What Ctrl-C and SIGTERM do to a process."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn, Self


class StopSignals:
    """Within the block, the first signal is only remembered; a second one ends the process."""

    def __init__(self) -> None:
        self.received: int | None = None
        self._before: dict[int, signal.Handlers] = {}

    def __enter__(self) -> Self:
        is_main = threading.current_thread() is threading.main_thread()
        for number in (signal.SIGINT, signal.SIGTERM) if is_main else ():  # others get none
            self._before[number] = signal.signal(number, self._remember)  # type: ignore[assignment]
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @property
    def exit_code(self) -> int:
        """128 and the signal's number, as shells report it; 0 without a signal."""
        return 128 + self.received if self.received else 0

    def _remember(self, number: int, frame: FrameType | None) -> None:
        if self.received:
            raise SystemExit(128 + number)
        self.received = number


@contextmanager
def ended_in_order() -> Iterator[None]:
    """Within the block, SIGTERM removes temporary files before it ends the process.

    After it, a second Ctrl-C ends the process at once: what Python and the backend tidy up at
    the end would answer it with a traceback.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # not where it is ignored
            signal.signal(signal.SIGINT, signal.SIG_DFL)


def _end(number: int, frame: FrameType | None) -> NoReturn:
    """End the process as Python ends it, with the exit code that shells report for a signal."""
    raise SystemExit(128 + number)
