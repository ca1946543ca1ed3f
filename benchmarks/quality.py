"""Do digits suffer from mixed precision, and how soon are they good?

    python benchmarks/quality.py --epochs 20 --seeds 3        about 25 minutes on two cores
    python benchmarks/quality.py --until 7.3                  about 10 minutes on two cores

The first prints, in Markdown, the Fréchet distance of 10,000 generated images to the real test
images in the space of the training images' first 50 principal components: no network judges, no
labels are needed. Below it stands what two halves of the real test images differ by.

The second trains each recipe on each installed backend through the command and stops it as soon as
the distance in its history has fallen to a level. It prints the seconds since the command was
started. 7.3 is where the tutorial is after 100 epochs (`mnist-gan train --epochs 100`, seed 0).
"""

import argparse
import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import mean

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))  # as a script, `benchmarks` is not found

from mnist_gan.config.loading import load_config
from mnist_gan.config.schema import Config
from mnist_gan.data.sources import load_data
from mnist_gan.evaluation.metrics import frechet_distance, moments
from mnist_gan.noise import latents
from mnist_gan.runs import RunFolder, best_row
from mnist_gan.sampling.sampler import copy_generator, generate
from mnist_gan.support.runtime import BACKENDS, start_backend
from mnist_gan.training.build import build_trainer

COMPONENTS, SAMPLES = 50, 10_000
PRECISIONS = ("float32", "mixed_bfloat16")
RECIPES = ("fast", "best", "dcgan")
COMMAND = Path(sys.executable).with_name("mnist-gan")


def main() -> None:
    """Train, measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--config", default="tutorial", help="as for `mnist-gan train`")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--data", default="mnist", help="as for `mnist-gan train`")
    parser.add_argument("--until", type=float, metavar="DISTANCE", help="measure the time instead")
    parser.add_argument("--only", action="append", help="this recipe, for --until; repeatable")
    options = parser.parse_args()
    if options.until:
        measure_times(options.only or RECIPES, options.until, options.data)
    else:
        compare_precisions(options)


def measure_times(recipes: Sequence[str], level: float, data: str) -> None:
    """Print how soon each recipe gets there on each backend."""
    print(f"| recipe | backend | seconds until {level:g} | epoch | distance |")
    print("|---|---|--:|--:|--:|", flush=True)
    installed = {name: BACKENDS[name] for name in BACKENDS if importlib.util.find_spec(name)}
    for recipe in recipes:
        for backend, name in installed.items():
            with tempfile.TemporaryDirectory() as folder:
                seconds, epoch, distance = time_until(level, recipe, backend, data, Path(folder))
            print(
                f"| {recipe} | {name} | {seconds:.0f} | {epoch:.0f} | {distance:.2f} |", flush=True
            )


def time_until(
    level: float, recipe: str, backend: str, data: str, outputs: Path
) -> tuple[float, float, float]:
    """Return when a training gets to a level, in seconds, its epoch then, and its distance."""
    command = [COMMAND, "train", "--config", recipe, "--data", data, "--outputs", outputs]
    settings = ["--set", "training.image_every=1", "--set", f"training.backend={backend}"]
    began = time.monotonic()
    with subprocess.Popen(  # noqa: S603 - our own command
        [str(word) for word in [*command, *settings]],
        env={**os.environ, "KERAS_BACKEND": backend},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if not line.startswith("epoch "):
                continue
            run = RunFolder(next(path for path in outputs.iterdir() if path.is_dir()))
            best = best_row(run.history())
            if best and best["frechet_distance"] <= level:
                seconds = time.monotonic() - began
                process.kill()
                return seconds, best["epoch"], best["frechet_distance"]
    raise SystemExit(f"{recipe} on {backend} never got to {level:g}.")


def compare_precisions(options: argparse.Namespace) -> None:
    """Train at both precisions with several seeds, measure and print."""
    images = load_data(options.data).images
    start_backend()
    held_out, images = images[-SAMPLES:], images[:-SAMPLES]
    axes = principal_axes(images)
    real = held_out @ axes  # (n, COMPONENTS)
    print(f"| seed | {' | '.join(PRECISIONS)} |\n|---|--:|--:|")
    rows = []
    for seed in range(options.seeds):
        settings = {"training.seed": seed, "training.epochs": options.epochs}
        configs = (
            load_config(options.config, settings | {"training.precision": precision})
            for precision in PRECISIONS
        )
        rows.append([distance_after(images, axes, real, config) for config in configs])
        print(f"| {seed} | {rows[-1][0]:.2f} | {rows[-1][1]:.2f} |", flush=True)
    print(f"| mean | {mean(row[0] for row in rows):.2f} | {mean(row[1] for row in rows):.2f} |")
    halves = (moments(half) for half in np.split(real, 2))
    print(f"\nTwo halves of the held-out real images: {frechet_distance(*halves):.2f}.")


def distance_after(images: np.ndarray, axes: np.ndarray, real: np.ndarray, config: Config) -> float:
    """Train as a config says and return the distance of what is drawn."""
    trainer = build_trainer(config, images)
    for _ in trainer.run(config.training.epochs):
        pass
    generator = copy_generator(trainer.step.drawing_generator)
    drawn = latents(config.training.seed + 1000, SAMPLES, generator.latent_size)
    return frechet_distance(moments(real), moments(generate(generator, drawn) @ axes))


def principal_axes(images: np.ndarray) -> np.ndarray:
    """Return the first principal axes (784, COMPONENTS) of images (n, 784)."""
    covariance = np.cov(images.astype(np.float64), rowvar=False)
    return np.linalg.eigh(covariance)[1][:, ::-1][:, :COMPONENTS]


if __name__ == "__main__":
    main()
