"""`python -m tests.faults`: tries to lose a run, and says what was tried and what was lost."""

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.faults import files, fuzz, kills, places
from tests.faults.report import Failure, Report
from tests.faults.template import make_template

Trial = Callable[[int, Path], Iterator[Failure]]
PHASES = ("fuzz", "files", "kills", "places")
SHARE = {"fuzz": 0.15, "files": 0.35, "kills": 0.4, "places": 0.1}  # of the minutes, at most


def main() -> int:
    """Run the trials; return 1 if anything was lost."""
    wished = _parser().parse_args()
    print(f"seed {wished.seed}", flush=True)
    report = Report()
    counts = {"fuzz": wished.inputs // fuzz.BATCH, "files": wished.files, "kills": wished.kills}
    counts["places"] = wished.places
    phases = [wished.only] if wished.only else PHASES
    with tempfile.TemporaryDirectory(prefix="faults-", ignore_cleanup_errors=True) as name:
        trials = _trials(Path(name), phases)
        total = sum(SHARE[phase] for phase in phases)
        for phase in phases:
            seconds = 60 * wished.minutes * SHARE[phase] / total
            _run(phase, trials[phase], wished.seed, wished.trials or counts[phase], seconds, report)
    print(report.table())
    for failure in report.failures:
        print(failure)
    print(f"seed {wished.seed}: {len(report.failures)} promises broken")
    return int(bool(report.failures))


def _parser() -> argparse.ArgumentParser:
    """Return the parser of the options."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    seed = random.SystemRandom().randrange(10**9)
    parser.add_argument("--seed", type=int, default=seed, help="of the first trial of each phase")
    parser.add_argument("--minutes", type=float, default=30.0, help="in all, at most")
    parser.add_argument("--kills", type=int, default=100, help="disturbed trainings")
    parser.add_argument("--files", type=int, default=1000, help="damaged files")
    parser.add_argument("--inputs", type=int, default=10_000, help="changed inputs of readers")
    parser.add_argument("--places", type=int, default=10, help="full disks, forbidden folders ...")
    parser.add_argument("--only", choices=PHASES, help="one phase, as to repeat a failure")
    parser.add_argument("--trials", type=int, help="so many trials of each phase")
    return parser


def _trials(folder: Path, phases: list[str] | tuple[str, ...]) -> dict[str, Trial]:
    """Return each phase's trial, a function of a seed and of a folder that does not exist."""
    trials: dict[str, Trial] = {}
    if {"fuzz", "files", "places"} & set(phases):
        template = make_template(folder)
        files.preload()
        run = template / "outputs" / "0001-bystander"
        seeds = fuzz.make_seeds(folder, run)
        trials["fuzz"] = lambda seed, scratch: fuzz.trial(seed, seeds, scratch)
        trials["files"] = lambda seed, scratch: files.trial(seed, template, scratch)
        trials["places"] = lambda seed, scratch: places.trial(seed, template, scratch)
    if "kills" in phases:
        straight = kills.Straight(folder)
        trials["kills"] = lambda seed, scratch: kills.trial(seed, straight, scratch)
    return trials


def _run(phase: str, trial: Trial, first: int, count: int, seconds: float, report: Report) -> None:
    """Run the trials of a phase, with one seed after another, as long as there is time."""
    deadline = time.monotonic() + seconds
    for seed in range(first, first + count):
        if time.monotonic() > deadline:
            print(f"{phase}: no time for all {count:,}", flush=True)
            return
        folder = Path(tempfile.mkdtemp(prefix=f"faults-{phase}-"))
        try:
            report.add(phase, list(trial(seed, folder / "scratch")))
        finally:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
