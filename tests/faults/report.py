"""What was tried, what survived, and how each failure is repeated."""

import time
from typing import NamedTuple

EVERY = 20.0  # seconds between two lines of progress


class Failure(NamedTuple):
    """A promise that was broken."""

    phase: str
    seed: int
    command: str
    reason: str

    def __str__(self) -> str:
        again = f"python -m tests.faults --only {self.phase} --trials 1 --seed {self.seed}"
        return f"LOST  {self.command}: {self.reason}\n      again: {again}"


class Report:
    """Counts trials by phase, and keeps the failures."""

    def __init__(self) -> None:
        self.failures: list[Failure] = []
        self._tried: dict[str, int] = {}
        self._lost: dict[str, int] = {}
        self._last = self._began = time.monotonic()

    def add(self, phase: str, failures: list[Failure]) -> None:
        """Count a trial, print its failures, and from time to time how far it is."""
        self._tried[phase] = self._tried.get(phase, 0) + 1
        self._lost[phase] = self._lost.get(phase, 0) + bool(failures)
        self.failures += failures
        for failure in failures:
            print(failure, flush=True)
        if time.monotonic() - self._last > EVERY:
            self._last = time.monotonic()
            passed = self._last - self._began
            print(f"{passed:5.0f} s  {phase}: {self._tried[phase]} tried", flush=True)

    def table(self) -> str:
        """Return the trials of each phase as a table."""
        lines = [f"{'phase':10} {'tried':>7} {'survived':>9} {'lost':>6}"]
        for phase, tried in self._tried.items():
            lost = self._lost[phase]
            lines.append(f"{phase:10} {tried:7} {tried - lost:9} {lost:6}")
        return "\n".join(lines)
