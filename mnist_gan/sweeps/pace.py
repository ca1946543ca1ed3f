"""How long a sweep still takes, from the pace of its trainings so far."""

import statistics
import time
from collections.abc import Mapping


class Pace:
    """Follows trainings, and tells the time left.

    Args:
        epochs: How many epochs each training still has to make, by number.
        slots: Trainings at once.
    """

    def __init__(self, epochs: Mapping[int, int], slots: int) -> None:
        self._left, self._slots = dict(epochs), slots
        self._begun = time.monotonic()
        self._first: dict[int, tuple[float, int]] = {}  # when a training first told, epochs left
        self._start: float | None = None  # seconds until a training makes its first steps
        self._per_epoch: dict[int, float] = {}

    def told(self, number: int, left: int) -> None:
        """Take note of how many epochs of a training are left."""
        now = time.monotonic()
        if self._start is None:
            self._start = now - self._begun
        since, before = self._first.setdefault(number, (now, left))
        self._left[number] = left
        if left < before:
            self._per_epoch[number] = (now - since) / (before - left)

    def ended(self, number: int) -> None:
        """Take note that a training will make no more epochs."""
        self._left[number] = 0

    def seconds(self) -> float | None:
        """Return the seconds of what is left; None while the pace is not known."""
        if not self._per_epoch or self._start is None:
            return None
        usual = statistics.mean(self._per_epoch.values())
        left = {number: epochs for number, epochs in self._left.items() if epochs}
        work = [epochs * self._per_epoch.get(number, usual) for number, epochs in left.items()]
        starts = self._start * sum(number not in self._first for number in left)
        longest = max(work, default=0.0)
        return max(longest, (sum(work) + starts) / min(self._slots, max(1, len(left))))
