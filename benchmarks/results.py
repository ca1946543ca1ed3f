"""From the raw times of all rounds to the figures, the tables and the JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from benchmarks.learning import Measures
from benchmarks.recipe import BATCH, work_per_step
from benchmarks.variants import FLOOR, FLOOR_ADAM, TUTORIAL, Entry


@dataclass
class Timing:
    """What one variant did in the rounds."""

    steps: int = 0  # in each round
    milliseconds: list[float] = field(default_factory=list)  # per step, one for each round
    cores: list[float] = field(default_factory=list)  # busy on average, one for each round
    idle_cores: float = 0.0  # busy while another variant ran: the most of any round
    peak_bytes: int = 0

    def add(self, answer: Mapping[str, Any]) -> None:
        """Take over what a child answered after a round."""
        self.milliseconds.append(1000 * answer["seconds"] / self.steps)
        self.cores.append(answer["processor_seconds"] / answer["seconds"])
        idle = answer["idle_processor_seconds"] / max(answer["idle_seconds"], 1e-3)
        self.idle_cores = max(self.idle_cores, idle)
        self.peak_bytes = answer["peak_bytes"]


@dataclass(frozen=True)
class Row:
    """The figures of one variant; a ratio is the median over the rounds of that round's ratio."""

    name: str
    median: float  # milliseconds per step
    fastest: float
    slowest: float
    times_faster: float | None  # than the tutorial
    times_floor: float | None  # of the same precision
    times_floor_adam: float | None
    times_fastest: float | None  # than the products alone, each by the fastest library
    images_per_second: float
    epoch_seconds: float  # one pass over the data
    gigaflops: float  # of the matrix products that must be done, per second
    cores: float
    peak_megabytes: float
    timing: Timing

    def as_json(self) -> dict[str, Any]:
        """Return the row as JSON takes it, the times of every round included."""
        return asdict(self)


def figures(
    entries: Sequence[Entry], timings: Mapping[str, Timing], images: int, fastest: float | None
) -> list[Row]:
    """Return a row for each variant that was timed.

    Args:
        entries: The variants.
        timings: Their times.
        images: How many make an epoch.
        fastest: Milliseconds of a step's products at float32, each by the fastest library.
    """
    return [_row(entry, timings, images, fastest) for entry in entries if entry.name in timings]


def ratio(slower: Timing | None, faster: Timing | None) -> float | None:
    """Return how many times longer one took than the other, as the median over the rounds."""
    if slower is None or faster is None:
        return None
    pairs = zip(slower.milliseconds, faster.milliseconds, strict=True)
    return median(one / other for one, other in pairs)


def _row(entry: Entry, timings: Mapping[str, Timing], images: int, fastest: float | None) -> Row:
    timing = timings[entry.name]
    middle = median(timing.milliseconds)
    return Row(
        entry.name,
        middle,
        min(timing.milliseconds),
        max(timing.milliseconds),
        ratio(timings.get(TUTORIAL), timing),
        ratio(timing, timings.get(f"{FLOOR} {entry.precision}")),
        ratio(timing, timings.get(f"{FLOOR_ADAM} {entry.precision}")),
        middle / fastest if fastest and entry.precision == "float32" else None,
        1000 * BATCH / middle,
        images // BATCH * middle / 1000,
        work_per_step() / middle / 1e6,
        median(timing.cores),
        timing.peak_bytes / 1e6,
        timing,
    )


def time_table(rows: Sequence[Row], missing: Sequence[str]) -> str:
    """Return the table of times; `missing` variants are named as not installed."""
    head = (
        f"{'variant':<25} {'ms/step':>8} {'min - max':>15} {'x tutorial':>10} {'/ floor':>8} "
        f"{'/ floor+adam':>12} {'/ fastest':>9} {'images/s':>9} {'epoch s':>8} {'GFLOP/s':>8} "
        f"{'cores':>6} {'peak MB':>8}"
    )
    lines = [head, "-" * len(head), *(_time_line(row) for row in rows)]
    return "\n".join([*lines, *(f"{name:<25} not installed" for name in missing)])


def _time_line(row: Row) -> str:
    spread = f"{row.fastest:.2f} - {row.slowest:.2f}"
    return (
        f"{row.name:<25} {row.median:8.2f} {spread:>15} {_ratio(row.times_faster):>10} "
        f"{_ratio(row.times_floor):>8} {_ratio(row.times_floor_adam):>12} "
        f"{_ratio(row.times_fastest):>9} {row.images_per_second:9,.0f} {row.epoch_seconds:8.2f} "
        f"{row.gigaflops:8.0f} {row.cores:6.2f} {row.peak_megabytes:8,.0f}"
    )


def _ratio(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def learning_table(learned: Mapping[str, Measures], faults: Mapping[str, list[str]]) -> str:
    """Return the table of what each variant had learned."""
    names = list(next(iter(learned.values())))
    head = f"{'variant':<25} " + " ".join(f"{name:>21}" for name in names)
    lines = [head, "-" * len(head)]
    for variant, measures in learned.items():
        values = " ".join(f"{measures[name]:21.4f}" for name in names)
        verdict = "" if not faults.get(variant) else f"  OUTSIDE: {'; '.join(faults[variant])}"
        lines.append(f"{variant:<25} {values}{verdict}")
    return "\n".join(lines)
