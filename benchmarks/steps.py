"""How long does a step of each recipe take on this backend and device?

    python benchmarks/steps.py                                5 minutes on two cores
    KERAS_BACKEND=jax python benchmarks/steps.py --only dcgan --precision float32

Prints a table in Markdown: the first call, which compiles, and the milliseconds of a step in calls
as long as the recipe makes them, the best of several. The images are random.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))  # as a script, `benchmarks` is not found

from benchmarks.machine import describe
from mnist_gan.config.loading import load_config
from mnist_gan.data.sources import Dataset
from mnist_gan.session.plan import resolved_here
from mnist_gan.support.runtime import chosen_backend, cores, start_backend

RECIPES = ("tutorial", "fast", "best", "dcgan", "conditional", "goodfellow2014")
IMAGES, CALLS = 60_000, 4


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", action="append", choices=RECIPES, help="this one; repeatable")
    parser.add_argument("--precision", choices=("float32", "mixed_bfloat16"))
    options = parser.parse_args()
    start_backend(threads=cores())
    print(f"{chosen_backend()} on {device()}, {describe(cores())['processor']}, {cores()} threads")
    print("\n| recipe | precision | first call | steps in a call | ms a step |")
    print("|---|---|--:|--:|--:|", flush=True)
    for recipe in options.only or RECIPES:
        print(row(recipe, options.precision), flush=True)


def device() -> str:
    """Return the name of what computes."""
    if chosen_backend() != "jax":
        return "cpu"
    import jax

    return str(jax.devices()[0].device_kind)


def row(recipe: str, precision: str | None) -> str:
    """Return the row of a recipe."""
    from mnist_gan.training.build import build_trainer, real_rows

    chosen = {"training.precision": precision} if precision else {}
    config = resolved_here(load_config(recipe, chosen))
    rng = np.random.default_rng(0)
    images = rng.uniform(-1, 1, (IMAGES, 784)).astype(np.float32)
    trainer = build_trainer(
        config, real_rows(config, Dataset(images, rng.integers(0, 10, IMAGES), "noise", ""))
    )
    steps = min(trainer.steps_per_call, trainer.steps_per_epoch)
    seconds = []
    for _ in range(1 + CALLS):
        began = time.perf_counter()
        trainer.step.run(trainer.images, steps)
        seconds.append(time.perf_counter() - began)
    milliseconds = 1000 * min(seconds[1:]) / steps
    return (
        f"| {recipe} | {config.training.precision} | {seconds[0]:.1f} s | {steps} | "
        f"{milliseconds:.3g} |"
    )


if __name__ == "__main__":
    main()
