"""Limits the share of the training time that saving models, curves and pages may take."""

import time
from collections.abc import Callable


class Rationed:
    """Work that is left out where it would take more than a share of the time.

    Args:
        share: The share.
        seconds: How long the work takes, as long as it is not known.
    """

    def __init__(self, share: float, seconds: float = 0.0) -> None:
        self._share, self._seconds, self._spent = share, seconds, 0.0

    def do(self, trained: float, work: Callable[[], object]) -> None:
        """Do the work, unless the seconds that were trained do not allow for it."""
        if self._spent + self._seconds > self._share * trained:
            return
        began = time.monotonic()
        work()
        self._seconds = time.monotonic() - began
        self._spent += self._seconds
