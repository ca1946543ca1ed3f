"""Ctrl-C and SIGTERM, obeyed between two calls."""

import signal
import threading
from types import FrameType
from typing import Self


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
