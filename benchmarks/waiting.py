"""How long a person waits: help, samples, an evaluation, pages, the first step, a grid.

    python benchmarks/waiting.py [--outputs DIR]     about 5 minutes on two cores

Needs a trained run of the tutorial's networks below DIR, or trains a short one on the embedded
digits. Each command runs cold, in a process of its own. The table, in Markdown, has the medians and
beside each how many times as long as starting Python and importing NumPy it took. That can be
compared between machines, while seconds cannot. Where Chromium is, a page is opened in it, too.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))  # as a script, `benchmarks` is not found

from benchmarks.machine import describe

COMMAND = Path(sys.executable).with_name("mnist-gan")
MILLION = 1_000_000
BASE = """
import subprocess, sys, time
began = time.perf_counter()
subprocess.run([sys.executable, "-c", "import numpy"], check=True)
print(time.perf_counter() - began)
"""
OPEN_PAGE = """
import sys, time
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    flags = ["--no-sandbox", "--disable-gpu"]
    browser = playwright.chromium.launch(executable_path=sys.argv[1], args=flags)
    page = browser.new_page()
    began = time.perf_counter()
    page.goto(sys.argv[2])
    painted = "sheet.canvas.getContext('2d').getImageData(6, 6, 20, 20).data"
    page.wait_for_function(f"sheet && {painted}.some((level) => level < 99)")
    print(time.perf_counter() - began)
    browser.close()
"""
FIRST_STEP = """
import time
from mnist_gan.training.build import build_trainer
from mnist_gan.config.loading import load_config
from mnist_gan.data.sources import load_data
from mnist_gan.support.runtime import start_backend
images = load_data("digits").images
start_backend()
import tensorflow as tf
began = time.perf_counter()
trainer = build_trainer(load_config("tutorial"), images)
trainer.step.run(trainer.images, 1)
print(time.perf_counter() - began)
"""


ONLINE = """
import time
from pathlib import Path
from tempfile import mkdtemp
from mnist_gan.support.assets import asset
import numpy as np
from mnist_gan.evaluation.neighbours import nearest
from mnist_gan.noise import latents
from mnist_gan.pages.plots import write_curves
from mnist_gan.support.runtime import start_backend
from mnist_gan.sampling.sampler import generate, open_generator
generator = open_generator(asset("generator.keras"))
start_backend()
from mnist_gan.evaluation.online import OnlineEvaluation
online, drawn = OnlineEvaluation(), latents(0, 2000, 100)
real = np.random.default_rng(0).uniform(-1, 1, (60_000, 784)).astype(np.float32)
row = {"discriminator_loss": 0.6, "generator_loss": 1.1, "real_score": 0.6, "fake_score": 0.4}
for _ in range(2):
    began = time.perf_counter()
    images = generate(generator, drawn)
    nearest(images[:100], real, 3)
    rows = [{"epoch": 1, **row, **online.measure(online.features(images))}]
    write_curves(Path(mkdtemp()) / "curves.png", rows, (0.69, 0.8))
print(time.perf_counter() - began)
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--outputs", type=Path, help="where a trained run is")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        outputs = options.outputs or Path(folder) / "outputs"
        if not options.outputs:
            run("train", "--data", "digits", "--epochs", "1", "--outputs", outputs)
        sheet, array = Path(folder) / "sheet.png", Path(folder) / "x.npy"
        sample = ("sample", "--outputs", outputs, "--output")
        many = [
            run(*sample, array, "--count", MILLION, "--seed", seed)
            for seed in range(options.rounds)
        ]
        rows = [
            ("`mnist-gan train --help`", repeated(options.rounds, "train", "--help")),
            ("`mnist-gan sample`, 10x10 grid", repeated(options.rounds, *sample, sheet)),
            ("a million images as .npy", median(seconds for seconds, _ in many)),
        ]
        evaluation = run("evaluate", "--outputs", outputs, "--data", "auto")
        rows.append(("`mnist-gan evaluate`", evaluation[0]))
        seven = repeated(options.rounds, *sample, sheet, "--digit", 7)
        rows.append(("`mnist-gan sample --digit 7`", seven))
        page = repeated(options.rounds, "browse", "1", "--no-open", "--outputs", outputs)
        rows.append(("`mnist-gan browse 1`: a run's page and the index", page))
        chromium = shutil.which("chromium") or shutil.which("chromium-browser")
        if chromium:
            address = next(outputs.glob("0001-*")).resolve().joinpath("page.html").as_uri()
            opened = timed(OPEN_PAGE, options.rounds, chromium, address)
            rows.append(("that page in Chromium, until its grid is painted", opened))
    rows.append(("first step after TensorFlow's import", timed(FIRST_STEP, options.rounds)))
    rows.append(
        ("with a grid: online evaluation, nearest of 60,000, curves", timed(ONLINE, options.rounds))
    )
    print(f"{describe(os.cpu_count() or 1)['processor']}, {os.cpu_count()} cores\n")
    base = timed(BASE, options.rounds)
    print("| | seconds | times `import numpy` |\n|---|--:|--:|")
    for name, seconds in [("`python -c 'import numpy'`", base), *rows]:
        print(f"| {name} | {seconds:.2f} | {seconds / base:.1f} |")
    print(
        f"\nThe million: {MILLION / rows[2][1]:,.0f} images a second, "
        f"{max(peak for _, peak in many):,.0f} MB of memory at most.\n"
        f"The evaluation: {evaluation[1]:,.0f} MB of memory at most."
    )


def repeated(rounds: int, *arguments: object) -> float:
    """Return the median seconds of a command."""
    return median(run(*arguments)[0] for _ in range(rounds))


def run(*arguments: object) -> tuple[float, float]:
    """Run the installed command to its end; return its seconds and its most megabytes."""
    began = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603 - our own command
        [str(COMMAND), *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{' '.join(map(str, arguments))} failed")
    return time.perf_counter() - began, 1024 * usage.ru_maxrss / 1e6


def timed(code: str, rounds: int, *arguments: str) -> float:
    """Return the median of the seconds that some code prints."""
    command = [sys.executable, "-c", code, *arguments]
    return median(
        float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)  # noqa: S603
        for _ in range(rounds)
    )


if __name__ == "__main__":
    main()
