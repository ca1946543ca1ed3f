"""Tabulate how the runs of one recipe ended, seed by seed, and what the doctor says of them.

    for seed in 0 1 2 3 4 5 6 7 8 9; do
        mnist-gan train --config fast --seed $seed --outputs ten
    done
    python scripts/tabulate_seeds.py ten                           in Markdown

A line for each name of runs in a folder: their least and largest distance before the judge of the
census, the rarest digit in any of them, and how many had each of the doctor's verdicts.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from statistics import mean, stdev

sys.path.insert(0, str(Path(__file__).parents[1]))

from mnist_gan.runs import Run, list_runs


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("outputs", type=Path, help="a folder of runs")
    options = parser.parse_args()
    print("| recipe | runs | epochs | Fréchet | largest | rarest digit | the doctor |")
    print("|---|--:|--:|--:|--:|--:|---|")
    runs = sorted(list_runs(options.outputs), key=_name)
    for name, alike in groupby(runs, key=_name):
        for epochs, same in groupby(sorted(alike, key=_epochs), key=_epochs):
            print(f"| {name} | {' | '.join(cells(list(same), epochs))} |")


def cells(runs: list[Run], epochs: int) -> Iterator[str]:
    """Yield what stands in the row of a recipe."""
    yield str(len(runs))
    yield str(epochs)
    last = [run.history()[-1] for run in runs]
    distances = [row["frechet_distance"] for row in last]
    spread = f" ± {stdev(distances):.2f}" if len(distances) > 1 else ""
    yield f"{mean(distances):.2f}{spread}"
    yield f"{max(distances):.2f}"
    yield f"{min(row[f'digit_{digit}'] for row in last for digit in range(10)):.1%}"
    verdicts = Counter((run.manifest().verdict or "none").partition(",")[0] for run in runs)
    yield ", ".join(f"{verdict} {count}" for verdict, count in verdicts.most_common())


def _name(run: Run) -> str:
    return run.folder.name.partition("-")[2]


def _epochs(run: Run) -> int:
    return len(run.history())


if __name__ == "__main__":
    main()
