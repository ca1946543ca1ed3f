"""Tabulate how the runs of one recipe ended, seed by seed, and their diagnosis.

    for seed in 0 1 2 3 4 5 6 7 8 9; do
        mnist-gan train --config fast --seed $seed --outputs ten
    done
    python scripts/tabulate_seeds.py ten                           in Markdown

A line for each recipe and number of epochs in a folder of runs: the seconds of training as
history.csv adds them up, the mean and the largest distance of the last online evaluation, the
rarest digit in any of them, and how many had each diagnosis. What has not ended is passed over.
"""

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from statistics import mean, stdev

sys.path.insert(0, str(Path(__file__).parents[1]))

from mnist_gan.runs import list_runs
from mnist_gan.runs.records import Row

ENDED = {"finished", "failed"}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("outputs", type=Path, help="a folder of runs")
    options = parser.parse_args()
    print("| recipe | runs | epochs | seconds | Fréchet | largest | rarest digit | diagnosis |")
    print("|---|--:|--:|--:|--:|--:|--:|---|")
    found: defaultdict[tuple[str, int], list[tuple[list[Row], str]]] = defaultdict(list)
    for run in list_runs(options.outputs):
        manifest = run.manifest()
        if manifest.status in ENDED:
            history, verdict = run.history(), manifest.verdict or "none"
            found[run.config().name, len(history)].append((history, verdict.partition(",")[0]))
    for (name, epochs), alike in sorted(found.items()):
        print(f"| {name} | {len(alike)} | {epochs} | {' | '.join(cells(alike))} |")


def cells(alike: list[tuple[list[Row], str]]) -> Iterator[str]:
    """Yield what stands in the row of a recipe, from the histories and verdicts of its runs."""
    histories, verdicts = zip(*alike, strict=True)
    yield spread([sum(row["seconds"] for row in history) for history in histories], 0)
    last = [row for history in histories for row in last_census(history)]
    distances = [row["frechet_distance"] for row in last]
    yield spread(distances, 2)
    yield f"{max(distances):.2f}"
    yield f"{min(row[f'digit_{digit}'] for row in last for digit in range(10)):.1%}"
    yield ", ".join(f"{verdict} {count}" for verdict, count in Counter(verdicts).most_common())


def last_census(history: list[Row]) -> list[Row]:
    """Return the last row with an online evaluation, if there was one before a training failed."""
    return [row for row in history if "frechet_distance" in row][-1:]


def spread(values: list[float], places: int) -> str:
    """Return the mean and, of several values, the deviation."""
    deviation = f" ± {stdev(values):.{places}f}" if len(values) > 1 else ""
    return f"{mean(values):.{places}f}{deviation}"


if __name__ == "__main__":
    main()
