"""How fast does the package train, against the tutorial, its peers and the arithmetic itself?

    python benchmarks/epoch.py                                       8 minutes on two cores
    python benchmarks/epoch.py --short --at-least 3.5 --within 1.5 1.5   4 minutes, CI

Proves that the package makes the tutorial's step, no less, and how much faster: the same data,
networks and rates for everyone; every variant in a process of its own with the same threads,
asleep while others run; rounds in which each has its turn (A B C, A B C, ...), so that a slow
minute of the machine hits all alike; a ratio taken within each round, then the median. Before
that, all train for the same number of steps, and a judge who sees only the weights must find
that they learned the same, or the exit code is 1. The floor is the matrix products that a step
must do, as TensorFlow makes them; the floor with Adam adds the one other pass over memory that
nobody can avoid. "/ fastest" compares with the products alone, each made by the fastest of NumPy,
PyTorch, TensorFlow and JAX, measured in the same run (`benchmarks/products.py`).
"""

import argparse
import json
import math
import os
import signal
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))  # as a script, `benchmarks` is not found

from benchmarks.child import Child, ChildFailedError
from benchmarks.learning import STEPS, Measures, faults
from benchmarks.machine import describe, limit_to
from benchmarks.products import measured
from benchmarks.recipe import BATCH, work_per_step
from benchmarks.results import Row, Timing, figures, learning_table, time_table
from benchmarks.variants import (
    MIXED,
    ON_JAX,
    PACKAGE,
    TUTORIAL,
    Entry,
    entries,
    installed_products,
)
from mnist_gan.data.sources import Dataset, load_data
from mnist_gan.support.errors import UserError
from mnist_gan.support.runtime import cores

SHORT = {"rounds": 3, "seconds": 0.5}
BACKENDS = (PACKAGE, ON_JAX)
FULL = {"rounds": 7, "seconds": 0.8}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the tables, write the JSON; return the exit code."""
    options = parse(arguments)
    limit_to(options.threads)
    machine = describe(options.threads)
    chosen = choose(options)
    present = [entry for entry in chosen if entry.installed]
    dataset = load_data(options.data)
    print(header(machine, dataset, options), flush=True)
    with ExitStack() as stack:
        children = start(present, dataset, options, stack)
        learned = {e.name: learn(children[e.name], options) for e in present if e.learns}
        wrong = faults(learned, TUTORIAL)
        print("\n" + learning_table(learned, wrong), flush=True)
        timings = measure(children, options.rounds, options.seconds)
        speeds = measured(start_products(options, stack), options.rounds)
    machine["load_after"] = round(os.getloadavg()[0], 2)
    rows = figures(present, timings, len(dataset.images), speeds.floor)
    missing = [entry.name for entry in chosen if not entry.installed]
    print("\n" + time_table(rows, missing) + "\n\n" + speeds.table())
    print("\n" + conditions(timings, machine))
    if options.json:
        save(
            options.json,
            machine=machine,
            data=dataset.source,
            options={key: str(value) for key, value in vars(options).items()},
            flop_per_step=work_per_step(),
            learned=learned,
            faults=wrong,
            rows=[row.as_json() for row in rows],
            products=speeds.milliseconds,
            not_installed=missing,
        )
    limits = options.within or (math.inf, math.inf)
    return verdict(wrong, rows, options.at_least, limits, options.within_fastest)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options, those that were left out filled in."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, help="turns of each variant (7; short 3)")
    parser.add_argument("--seconds", type=float, help="length of a turn (0.8; short 0.5)")
    parser.add_argument(
        "--learning-steps", type=int, default=STEPS, help="before timing; the band is made for 150"
    )
    parser.add_argument("--short", action="store_true", help="for CI: no peers, fewer rounds")
    parser.add_argument("--only", action="append", metavar="VARIANT", help="this one; repeatable")
    parser.add_argument("--data", default="auto", help="as for `mnist-gan train`")
    parser.add_argument("--threads", type=int, default=0, help="of every variant; 0: all cores")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all results here")
    parser.add_argument(
        "--at-least", type=float, metavar="R", help="exit 1 if the package is less times faster"
    )
    parser.add_argument(
        "--within",
        type=float,
        nargs=2,
        metavar="R",
        help="exit 1 if it takes more times floor + adam at float32, in bfloat16",
    )
    parser.add_argument(
        "--within-fastest",
        type=float,
        default=math.inf,
        metavar="R",
        help="exit 1 if its faster backend takes more times the fastest products at float32",
    )
    options = parser.parse_args(arguments)
    for name, value in (SHORT if options.short else FULL).items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    options.threads = options.threads or cores()
    return options


def choose(options: argparse.Namespace) -> list[Entry]:
    """Return the variants that the options ask for; the tutorial is always among them."""
    known = entries(peers=not options.short)
    if not options.only:
        return known
    unknown = set(options.only) - {entry.name for entry in known}
    if unknown:
        names = ", ".join(entry.name for entry in known)
        raise SystemExit(f"There is no variant {', '.join(sorted(unknown))}; known are {names}.")
    return [entry for entry in known if entry.name in {TUTORIAL, *options.only}]


def start(
    chosen: Sequence[Entry], dataset: Dataset, options: argparse.Namespace, stack: ExitStack
) -> dict[str, Child]:
    """Return a child for each variant, all ready; they end with the stack."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    images = folder / "images.npy"
    np.save(images, dataset.images)
    children = {
        entry.name: stack.enter_context(Child(entry.name, images, options.threads, options.seed))
        for entry in chosen
    }
    for child in children.values():
        child.wait_until_ready()
    return children


def start_products(options: argparse.Namespace, stack: ExitStack) -> dict[str, Child]:
    """Return a child for the products of each library, all ready; they end with the stack."""
    children = {
        library: stack.enter_context(Child(name, None, options.threads, options.seed))
        for library, name in installed_products().items()
    }
    for child in children.values():
        child.wait_until_ready()
    return children


def learn(child: Child, options: argparse.Namespace) -> Measures:
    """Let one variant train; return what the judge says."""
    answer = child.ask(learn=options.learning_steps)
    print(f"{child.name}: trained in {answer['seconds']:.0f} s", file=sys.stderr, flush=True)
    return dict(answer["learned"])


def measure(children: Mapping[str, Child], rounds: int, seconds: float) -> dict[str, Timing]:
    """Return the times of all rounds, in each of which every variant has its turn."""
    timings = {name: Timing(turn_length(child, seconds)) for name, child in children.items()}
    for number in range(rounds):
        for name, child in children.items():
            timings[name].add(child.ask(run=timings[name].steps))
        print(f"round {number + 1} of {rounds}", file=sys.stderr, flush=True)
    return timings


def turn_length(child: Child, seconds: float) -> int:
    """Return how many steps fill a turn: whole calls, at least one."""
    child.ask(run=child.steps_per_call)  # compiles what is not compiled yet
    pace = child.ask(run=child.steps_per_call)["seconds"]
    return child.steps_per_call * max(1, round(seconds / pace))


def header(machine: Mapping[str, Any], dataset: Dataset, options: argparse.Namespace) -> str:
    """Return what the tables must be read with."""
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    return (
        f"{machine['processor']}, {machine['cores']} cores, {machine['threads']} threads; "
        f"{machine['system']}\npython {machine['python']}, {versions}\n"
        f"{len(dataset.images):,} images: {dataset.source}; batch {BATCH}, "
        f"{work_per_step() / 1e9:.2f} GFLOP of products a step; "
        f"{options.learning_steps} steps to learn, {options.rounds} rounds"
    )


def conditions(timings: Mapping[str, Timing], machine: Mapping[str, Any]) -> str:
    """Return what shows whether the variants had the machine to themselves."""
    idle = max(timing.idle_cores for timing in timings.values())
    return (
        f"A waiting variant used at most {idle:.1%} of a core. Load of the machine: "
        f"{machine['load_before']} before, {machine['load_after']} after."
    )


def save(path: Path, **result: Any) -> None:
    """Write the whole result as JSON."""
    path.write_text(json.dumps(result, indent=1) + "\n")


def verdict(
    wrong: Mapping[str, list[str]],
    rows: Sequence[Row],
    at_least: float | None = None,
    within: Sequence[float] = (math.inf, math.inf),
    within_fastest: float = math.inf,
) -> int:
    """Return the exit code, and say why it is not 0.

    The package must be `at_least` that many times faster than the tutorial at its faster
    precision, and take no more than `within` times its floor with Adam, at float32 and in bfloat16.
    At float32, its faster backend must take no more than `within_fastest` times the fastest
    products.
    """
    ours = [row for row in rows if row.name in (PACKAGE, MIXED)]
    complaints = [f"{name} did not learn the same: {', '.join(w)}" for name, w in wrong.items()]
    fastest = max((row.times_faster or 0 for row in ours), default=0)
    if at_least is not None and fastest < at_least:
        complaints.append(f"the package is {fastest:.2f} times faster, not {at_least:g}")
    limits = dict(zip((PACKAGE, MIXED), within, strict=True))
    for row in ours:
        times = row.times_floor_adam or math.inf
        if times > limits[row.name]:
            complaints.append(
                f"{row.name} takes {times:.2f} times its floor, not {limits[row.name]:g}"
            )
    beside = min((row.times_fastest or math.inf for row in rows if row.name in BACKENDS), default=0)
    if beside > within_fastest:
        complaints.append(f"a step takes {beside:.2f} times its products, not {within_fastest:g}")
    for complaint in complaints:
        print(f"FAILED: {complaint}.", file=sys.stderr)
    return 1 if complaints else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # children and images go, too
    try:
        sys.exit(main())
    except (ChildFailedError, UserError) as failure:
        sys.exit(str(failure))
