"""How much faster are many trainings at once, and what does running them cost?

    python benchmarks/scaling.py --outputs DIR                   15 minutes on two cores
    python benchmarks/scaling.py --outputs DIR --only jobs
    KERAS_BACKEND=jax python benchmarks/scaling.py --outputs DIR --only seeds --steps 468   a GPU

Trains the same few trainings in several ways, on an otherwise idle machine, and prints tables in
Markdown: one after the other by `mnist-gan train`, as a sweep with one and two jobs, and on a Dask
scheduler with one, two and four workers; and, by their steps alone, on JAX: so many seeds in one
program, and a batch that so many devices share, which grows with them.
"""

import argparse
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # as a script, `benchmarks` is not found

from benchmarks.machine import describe
from mnist_gan.support.runtime import cores

COMMAND = Path(sys.executable).with_name("mnist-gan")
TRAINING = ("--config", "fast", "--epochs", "3")
SEEDS = 4
JOBS, WORKERS = (1, 2), (1, 2, 4)
RECIPE, BATCH = "fast", 128
TOGETHER, DEVICES = (1, 2, 4, 8), (1, 2, 4)
STEPS = """
import sys, threading, time
import jax
import numpy as np
from mnist_gan.config.loading import load_config
from mnist_gan.data.sources import Dataset
from mnist_gan.support.runtime import start_backend
start_backend("jax")
from mnist_gan.training.backends.jax_together import Together
from mnist_gan.training.build import build_trainer, real_rows
members, devices, batch, steps = map(int, sys.argv[1:5])
recipe, precision = sys.argv[5:7]
rng = np.random.default_rng(0)
data = Dataset(rng.uniform(-1, 1, (8192, 784)).astype(np.float32), None, "noise", "")
trainers = []
for seed in range(members):
    config = load_config(recipe, {"training.seed": seed, "training.batch_size": batch,
        "training.devices": devices, "training.precision": precision})
    trainers.append(build_trainer(config, real_rows(config, data)))
if members > 1:
    together = Together([trainer.step for trainer in trainers], lambda: None)
images = trainers[0].images
def make(steps):
    runs = [trainer.step.run for trainer in trainers]
    threads = [threading.Thread(target=run, args=(images, steps)) for run in runs]
    began = time.perf_counter()
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    return 1000 * (time.perf_counter() - began) / steps
make(steps)
print(min(make(steps) for _ in range(5)), jax.devices()[0].device_kind)
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--outputs", type=Path, required=True, help="a folder for the runs")
    tables = ("jobs", "scheduler", "seeds", "devices")
    parser.add_argument("--only", choices=tables, help="this table alone")
    parser.add_argument("--steps", type=int, default=10, help="in a call; a GPU needs hundreds")
    parser.add_argument("--precision", default="float32", help="of the steps alone")
    options = parser.parse_args()
    options.outputs.mkdir(parents=True, exist_ok=True)
    print(f"{describe(cores())['processor']}, {cores()} cores; {SEEDS} times {' '.join(TRAINING)}")
    if options.only in {None, "jobs"}:
        jobs(options.outputs)
    if options.only in {None, "scheduler"}:
        scheduler(options.outputs)
    if options.only in {None, "seeds"}:
        seeds(options.steps, options.precision)
    if options.only in {None, "devices"}:
        devices(options.steps, options.precision)


def jobs(outputs: Path) -> None:
    """Print how long single trainings and sweeps take."""
    alone = sum(
        timed("train", *TRAINING, "--seed", seed, "--outputs", outputs) for seed in range(SEEDS)
    )
    print("\n| | trainings at once | threads of each | seconds | times as fast |")
    print("|---|--:|--:|--:|--:|")
    print(f"| `train`, one after the other | 1 | {cores()} | {alone:.0f} | 1.00 |", flush=True)
    for count in JOBS:
        seconds = sweep(outputs, "--jobs", str(count))
        threads = max(1, cores() // count)
        faster = alone / seconds
        print(
            f"| `sweep --jobs {count}` | {count} | {threads} | {seconds:.0f} | {faster:.2f} |",
            flush=True,
        )


def scheduler(outputs: Path) -> None:
    """Print how long sweeps take with so many workers on this machine."""
    print("\n| workers on this machine | seconds | times as fast as one |")
    print("|--:|--:|--:|")
    first = 0.0
    for count in WORKERS:
        with workers(outputs, count) as file:
            place = ("--scheduler-file", str(file), "--set", "training.threads=1")
            seconds = sweep(outputs, *place)
        first = first or seconds
        print(f"| {count} | {seconds:.0f} | {first / seconds:.2f} |", flush=True)


def seeds(steps: int, precision: str) -> None:
    """Print how long a step of so many seeds in one program takes."""
    print("\n| seeds in one program | ms a step of all | times one seed | device |")
    print("|--:|--:|--:|---|")
    first = 0.0
    for count in TOGETHER:
        milliseconds, device = step(1, count, steps, precision)
        first = first or milliseconds
        ratio = milliseconds / first
        print(f"| {count} | {milliseconds:.3g} | {ratio:.2f} | {device} |", flush=True)


def devices(steps: int, precision: str) -> None:
    """Print how long a step takes whose batch grows with the devices that share it."""
    print("\n| devices (of one processor) | batch | ms a step | images a second |")
    print("|--:|--:|--:|--:|")
    for count in DEVICES:
        batch = BATCH * count
        milliseconds, _ = step(count, 1, steps, precision, batch)
        rate = 1000 * batch / milliseconds
        print(f"| {count} | {batch} | {milliseconds:.3g} | {rate:,.0f} |", flush=True)


def step(
    count: int, members: int, steps: int, precision: str, batch: int = BATCH
) -> tuple[float, str]:
    """Return the milliseconds of a step on JAX, in a process of its own, and the device's name."""
    numbers = map(str, (members, count, batch, steps))
    flags = f"--xla_force_host_platform_device_count={count}"
    ended = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", STEPS, *numbers, RECIPE, precision],
        env={**os.environ, "KERAS_BACKEND": "jax", "XLA_FLAGS": flags},
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[1],
    )
    milliseconds, device = ended.stdout.split(maxsplit=1)
    return float(milliseconds), device.strip()


def sweep(outputs: Path, *options: str) -> float:
    """Return the seconds of a sweep over the seeds."""
    return timed("sweep", *TRAINING, "--seeds", f"0-{SEEDS - 1}", *options, "--outputs", outputs)


def timed(*arguments: object) -> float:
    """Return the seconds of a command, which must succeed."""
    began = time.monotonic()
    subprocess.run(  # noqa: S603 - our own command
        [COMMAND, *map(str, arguments), "--quiet"], check=True, stdout=subprocess.DEVNULL
    )
    return time.monotonic() - began


@contextlib.contextmanager
def workers(folder: Path, count: int) -> Iterator[Path]:
    """Start a scheduler and workers of one thread; yield the file that the scheduler writes."""
    file = folder / "scheduler.json"
    file.unlink(missing_ok=True)
    with contextlib.ExitStack() as stack:
        stack.enter_context(dask(folder, "scheduler", file, ("--host", "127.0.0.1", "--port", "0")))
        while not (file.is_file() and file.read_text().strip()):
            time.sleep(0.1)
        for _ in range(count):
            stack.enter_context(dask(folder, "worker", file, ("--nthreads", "1")))
        time.sleep(10)  # until all have joined
        yield file


@contextlib.contextmanager
def dask(folder: Path, kind: str, file: Path, options: Sequence[str]) -> Iterator[None]:
    """Run a part of Dask within the block."""
    command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *options]
    with (folder / f"{kind}.log").open("a") as log:
        process = subprocess.Popen(  # noqa: S603 - our own arguments
            [*command, "--scheduler-file", str(file), "--dashboard-address", ":0"],
            stdout=log,
            stderr=log,
            cwd=folder,
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
