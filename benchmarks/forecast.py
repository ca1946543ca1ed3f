"""How long a person waits for each recipe, and whether the forecast holds.

python benchmarks/forecast.py --outputs DIR

Trains every shipped recipe for a few epochs, one after the other, on an otherwise idle machine, and
prints a table: seconds to the first line, to the first step, to the forecast and to the sentence
that answers a mistake; what was forecast then and after three epochs; and the actual total.
Exits with 1 where a total lies outside of its forecast.
"""

import argparse
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))  # as a script, `benchmarks` is not found

from benchmarks.machine import describe
from mnist_gan.config.loading import shipped_configs
from mnist_gan.support.runtime import cores

COMMAND = Path(sys.executable).with_name("mnist-gan")
MISTAKE = ("--set", "generator.widths=nothing")
UNITS = {"s": 1.0, "min": 60.0, "h": 3600.0}
SPAN = re.compile(r"([\d.]+) to ([\d.]+) (s|min|h)\b")
TIMES = 5  # that a mistake is made


class Training(NamedTuple):
    """What was seen of one training, in seconds."""

    recipe: str
    epochs: int
    first_line: float
    first_step: float
    told: float  # when the forecast was said
    forecast: tuple[float, float]
    followed: tuple[float, float] | None  # the forecast after three epochs
    total: float

    @property
    def holds(self) -> bool:
        """Whether the total lies in both forecasts."""
        spans = [span for span in (self.forecast, self.followed) if span]
        return all(low <= self.total <= high for low, high in spans)


def main() -> int:
    """Train, print the table; return 1 where a forecast does not hold."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--outputs", type=Path, required=True, help="a new folder")
    parser.add_argument(
        "--epochs", type=int, default=4, help="of each training; 4: one is forecast"
    )
    parser.add_argument("--data", default="auto", help="as for `mnist-gan train`")
    parser.add_argument("--only", action="append", metavar="RECIPE", help="may be repeated")
    options = parser.parse_args()
    threads = cores()
    print(f"{describe(threads)['processor']}, {threads} threads, {options.epochs} epochs each\n")
    print(
        "| recipe | first line | first step | forecast after | forecast | after 3 epochs | actual "
        "| holds |"
    )
    print("|---|--:|--:|--:|--:|--:|--:|---|", flush=True)
    trainings = []
    for recipe in options.only or shipped_configs():
        flags = ("--epochs", options.epochs, "--outputs", options.outputs)
        data = () if recipe == "smoke" else ("--data", options.data)
        trainings.append(watch(recipe, options.epochs, [*flags, *data]))
        print(row(trainings[-1]), flush=True)
    print(f"\nA mistake is answered after {answered():.2f} s.")
    return 0 if all(training.holds for training in trainings) else 1


def watch(recipe: str, epochs: int, flags: Sequence[object]) -> Training:
    """Train a recipe and take the time of what it says."""
    began = time.perf_counter()
    command = [str(COMMAND), "train", "--config", recipe, *map(str, flags)]
    said: list[tuple[float, str]] = []
    with subprocess.Popen(  # noqa: S603 - our own command
        command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    ) as process:
        for line in process.stderr or ():
            said.append((time.perf_counter() - began, line))
    total = time.perf_counter() - began
    if process.returncode:
        sys.exit("".join(line for _, line in said))
    ready = next(at for at, line in said if line.startswith("disk"))  # training begins
    told, forecast = next((at, line) for at, line in said if line.startswith("forecast"))
    later = [line for _, line in said if line.startswith("after 3 epochs")]
    followed = seconds(later[0]) if later else None
    first = said[0][0]
    return Training(recipe, epochs, first, ready, told, seconds(forecast), followed, total)


def seconds(line: str) -> tuple[float, float]:
    """Return the range of a line, in seconds.

    >>> seconds("forecast       11 to 17 min in all")
    (660.0, 1020.0)
    """
    found = SPAN.search(line)
    if not found:
        raise ValueError(f"no range in: {line}")
    low, high, unit = found.groups()
    return float(low) * UNITS[unit], float(high) * UNITS[unit]


def row(training: Training) -> str:
    """Return the row of the table for a training."""
    spans = [
        f"{low:.0f} to {high:.0f}" for low, high in (training.forecast, training.followed or (0, 0))
    ]
    return (
        f"| {training.recipe} | {training.first_line:.2f} s | {training.first_step:.1f} s "
        f"| {training.told:.0f} s | {spans[0]} s | {spans[1] if training.followed else '-'} s "
        f"| {training.total:.0f} s | {'yes' if training.holds else '**no**'} |"
    )


def answered() -> float:
    """Return the median seconds until a mistake is answered."""
    times = []
    for _ in range(TIMES):
        began = time.perf_counter()
        subprocess.run([str(COMMAND), "train", *MISTAKE], capture_output=True, check=False)  # noqa: S603
        times.append(time.perf_counter() - began)
    return median(times)


if __name__ == "__main__":
    sys.exit(main())
