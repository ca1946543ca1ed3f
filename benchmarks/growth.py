"""How does the cost grow with the batch, the epochs and the number of images?

    python benchmarks/growth.py --plots docs/images        about 3 minutes on two cores

Prints three tables in Markdown and draws two plots. Times of a step are medians over rounds in
which every batch size has its turn; memory is that of the installed command in a process of its
own, on images of random bytes.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))  # as a script, `benchmarks` is not found

from benchmarks.machine import describe
from benchmarks.recipe import BATCH, work_per_step
from mnist_gan.config.loading import load_config
from mnist_gan.data.sources import load_data
from mnist_gan.support.runtime import start_backend
from mnist_gan.training.build import build_trainer

BATCHES = (64, 128, 256, 512, 1024, 2048, 4096)
PRECISIONS = ("float32", "mixed_bfloat16")
COUNTS = (1_000, 10_000, 100_000, 1_000_000)
EPOCHS = 100
SHOWN = (1, 10, 25, 50, 75, 100)  # epochs
COMMAND = Path(sys.executable).with_name("mnist-gan")


class Pace(NamedTuple):
    """How fast training goes at one batch size and precision."""

    batch: int
    precision: str
    milliseconds: float  # a step
    images_per_second: float
    epoch_seconds: float  # on as many images as MNIST has
    gigaflops: float


class Load(NamedTuple):
    """What a number of images costs."""

    images: int
    peak: float  # megabytes
    milliseconds: float  # a step


def main() -> None:
    """Measure, print the tables and draw the plots."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--data", default="auto", help="for the times, as for `mnist-gan train`")
    parser.add_argument("--plots", type=Path, metavar="FOLDER", help="draw them into this folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        epochs = memory_over_epochs(Path(folder))
        loads = [load_of(Path(folder), count) for count in COUNTS]
    threads = start_backend()
    paces = paces_by_batch(load_data(options.data).images, options.rounds)
    print(f"{describe(threads)['processor']}, {threads} threads\n\n{pace_table(paces)}")
    print(f"\n{epoch_table(epochs)}\n\n{load_table(loads)}")
    if options.plots:
        plot_paces(paces, options.plots / "growth-batch.png")
        plot_memory(epochs, loads, options.plots / "growth-memory.png")


def paces_by_batch(images: np.ndarray, rounds: int) -> list[Pace]:
    """Return the pace at every batch size and precision."""
    settings = [(batch, precision) for batch in BATCHES for precision in PRECISIONS]
    calls = {setting: call(images, *setting) for setting in settings}
    times: dict[tuple[int, str], list[float]] = {setting: [] for setting in settings}
    for _ in range(rounds):
        for setting in settings:
            times[setting].append(next(calls[setting]))
    return [pace(len(images), *setting, median(times[setting])) for setting in settings]


def call(images: np.ndarray, batch: int, precision: str) -> Iterator[float]:
    """Train by turns of about half a second; yield the seconds a step of each."""
    import tensorflow as tf

    tf.get_logger().setLevel("ERROR")  # it minds that a function is traced for every batch size
    overrides = {"training.batch_size": batch, "training.precision": precision}
    trainer = build_trainer(load_config("tutorial", overrides), images)
    steps = max(2, 20 * BATCH // batch)
    trainer.step.run(trainer.images, 2)
    while True:
        began = time.perf_counter()
        trainer.step.run(trainer.images, steps)
        yield (time.perf_counter() - began) / steps


def pace(images: int, batch: int, precision: str, seconds: float) -> Pace:
    """Return the figures that follow from the seconds of a step."""
    work = work_per_step() * batch / BATCH
    return Pace(
        batch,
        precision,
        1000 * seconds,
        batch / seconds,
        images // batch * seconds,
        work / seconds / 1e9,
    )


def memory_over_epochs(folder: Path) -> dict[int, float]:
    """Return the megabytes in use after each epoch of a training with a grid every epoch."""
    data = write_images(folder, 10 * BATCH)
    arguments = ["--epochs", str(EPOCHS), "--set", "training.image_every=1"]
    used: dict[int, float] = {}
    with start("--data", data, "--outputs", folder / "outputs", *arguments) as process:
        for line in process.stderr or ():
            if epoch := re.match(r"epoch (\d+)/", line):
                used[int(epoch[1])] = memory(process, "VmRSS") or used[int(epoch[1]) - 1]
    return used


def load_of(folder: Path, count: int) -> Load:
    """Return what the command needs to get so many images to their first steps."""
    peak = 0.0
    with start("--data", write_images(folder, count), "--dry-run") as process:
        while process.poll() is None:
            peak = max(peak, memory(process, "VmHWM"))
            time.sleep(0.02)
        text = process.stderr.read() if process.stderr else ""
    milliseconds = re.search(r"([\d.]+) ms a step", text)
    if not milliseconds:
        sys.exit(text)
    return Load(count, peak, float(milliseconds[1]))


def start(*arguments: object) -> subprocess.Popen[str]:
    """Start the installed command to train on something."""
    command = [str(COMMAND), "train", *map(str, arguments)]
    streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, text=True, **streams)  # type: ignore[call-overload]  # noqa: S603


def memory(process: subprocess.Popen[str], kind: str) -> float:
    """Return the megabytes that Linux notes of a process; 0 when it has just ended."""
    try:
        found = re.search(rf"{kind}:\s+(\d+)", Path(f"/proc/{process.pid}/status").read_text())
    except FileNotFoundError:
        return 0.0
    return 1024 * int(found[1]) / 1e6 if found else 0.0


def write_images(folder: Path, count: int) -> Path:
    """Write random images in Keras's layout and return the file."""
    rng = np.random.default_rng(0)
    file = folder / "images.npz"
    images = rng.integers(0, 256, (count, 28, 28), np.uint8)
    np.savez(file, x_train=images, y_train=np.zeros(count, np.uint8))
    return file


def pace_table(paces: list[Pace]) -> str:
    """Return the table over batch sizes."""
    lines = [
        "| batch | precision | ms a step | images/s | s an epoch | GFLOP/s |",
        "|--:|---|--:|--:|--:|--:|",
    ]
    for p in paces:
        lines.append(
            f"| {p.batch} | {p.precision} | {p.milliseconds:.1f} | {p.images_per_second:,.0f} "
            f"| {p.epoch_seconds:.1f} | {p.gigaflops:.0f} |"
        )
    return "\n".join(lines)


def epoch_table(used: dict[int, float]) -> str:
    """Return the table of memory over epochs."""
    rows = [f"| {epoch} | {used[epoch]:,.0f} |" for epoch in SHOWN if epoch in used]
    return "\n".join(["| after epoch | MB |", "|--:|--:|", *rows])


def load_table(loads: list[Load]) -> str:
    """Return the table of memory over numbers of images."""
    rows = [f"| {load.images:,} | {load.peak:,.0f} | {load.milliseconds:.1f} |" for load in loads]
    return "\n".join(["| images | MB at most | ms a step |", "|--:|--:|--:|", *rows])


def plot_paces(paces: list[Pace], path: Path) -> None:
    """Draw images per second over the batch size."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 3.6), layout="constrained")
    axes = figure.add_subplot()
    for precision in PRECISIONS:
        points = [(p.batch, p.images_per_second) for p in paces if p.precision == precision]
        axes.plot(*zip(*points, strict=True), "o-", label=precision)
    axes.set_xscale("log", base=2)
    axes.set_xticks(BATCHES, [str(batch) for batch in BATCHES])
    axes.set_ylim(bottom=0)
    axes.set(xlabel="batch size", ylabel="real images per second")
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=150)


def plot_memory(used: dict[int, float], loads: list[Load], path: Path) -> None:
    """Draw memory over epochs and over the number of images."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.plot(list(used), list(used.values()))
    left.set(xlabel="epoch", ylabel="MB in use", title="over epochs (1,280 images)")
    left.set_ylim(0, 1.3 * max(used.values()))
    right.plot([load.images for load in loads], [load.peak for load in loads], "o-")
    right.set(xlabel="images", ylabel="MB at most", title="over the number of images")
    right.set(xscale="log", yscale="log")
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=150)


if __name__ == "__main__":
    main()
