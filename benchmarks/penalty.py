"""What do penalties on the discriminator's slopes cost, beside the products that they require?

    python benchmarks/penalty.py                       a minute on two cores
    python benchmarks/penalty.py --within 1.5 1.5      exit code 1 beyond that

Steps of the fast recipe with the tutorial's networks, with and without the penalty, and the bare
matrix products by which the two differ, take turns in one process; what is printed are medians
over the rounds. The products: the slopes go back through every layer of D to the images, and their
own gradient goes through each of these products twice, to the kernel and to what came in.
"""

import argparse
import math
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))  # as a script, `benchmarks` is not found

from mnist_gan.support.runtime import start_backend

start_backend()

import tensorflow as tf  # noqa: E402 - must not be imported before it is started

from benchmarks.recipe import BATCH, DISCRIMINATOR  # noqa: E402
from benchmarks.variants_tensorflow import FloorNetwork  # noqa: E402
from mnist_gan.config.loading import load_config  # noqa: E402
from mnist_gan.data.sources import load_data  # noqa: E402
from mnist_gan.training.backends.tensorflow_kernels import DTYPES, matmul  # noqa: E402
from mnist_gan.training.build import build_trainer  # noqa: E402

STEPS = 26  # in a turn
SIZES = {"discriminator.widths": list(DISCRIMINATOR[1:-1]), "training.batch_size": BATCH}


class SlopeProducts:
    """The products of a penalty on 2 x BATCH rows, each feeding the next."""

    def __init__(self, precision: str) -> None:
        dtype = DTYPES[precision]
        self.network = FloorNetwork(DISCRIMINATOR, dtype, adam=False)
        self.top = tf.Variable(tf.ones([2 * BATCH, 1], dtype))

    @tf.function
    def run(self, steps: tf.Tensor) -> tf.Tensor:
        """Make the products of `steps` penalties."""
        for _ in tf.range(steps):
            slopes = [self.top.read_value()]  # by each layer's output, the last layer's first
            for kernel in reversed(self.network.kernels):
                slopes.append(matmul(slopes[-1], kernel, transpose_b=True))
            gradient = slopes.pop()  # of the slopes by the images, (2 BATCH, 784)
            for place, kernel in enumerate(self.network.kernels):
                product = matmul(gradient, slopes.pop(), transpose_a=True)
                self.network.gradients[place].assign(product)
                gradient = matmul(gradient, kernel)
            self.top.assign(tf.math.sign(gradient))  # of the size it had, so that nothing fades
        return self.top.read_value()


def main() -> int:
    """Measure, print, and return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument(
        "--within", type=float, nargs=2, metavar="R", help="exit 1 beyond, at float32, in bfloat16"
    )
    options = parser.parse_args()
    within = dict(zip(DTYPES, options.within or (math.inf, math.inf), strict=True))
    too_much = False
    for precision in DTYPES:
        turns = variants(precision)
        for run in turns.values():
            run()
        times = {name: list[float]() for name in turns}
        for _ in range(options.rounds):
            for name, run in turns.items():
                began = time.perf_counter()
                run()
                times[name].append((time.perf_counter() - began) / STEPS * 1e3)
        rounds = list(zip(*times.values(), strict=True))
        cost = median(penalised - free for penalised, free, _ in rounds)
        ratio = median((penalised - free) / floor for penalised, free, floor in rounds)
        ms = {name: median(each) for name, each in times.items()}
        print(
            f"{precision}: {ms['penalised']:.1f} ms a step, {ms['free']:.1f} without penalty; it "
            f"costs {cost:.1f} ms, its products alone {ms['products']:.1f} ms: {ratio:.2f} times"
        )
        too_much |= ratio > within[precision]
    return int(too_much)


def variants(precision: str) -> dict[str, Callable[[], object]]:
    """Return what takes turns: steps with penalty, without it, and the products they differ by."""
    images = load_data("auto").images
    settings = {**SIZES, "training.precision": precision}
    steps = tf.constant(STEPS)

    def steps_of(penalty: list[float]) -> Callable[[], object]:
        trainer = build_trainer(
            load_config("fast", {**settings, "discriminator.penalty": penalty}), images
        )
        return lambda: trainer.step.run(trainer.images, STEPS)

    products = SlopeProducts(precision)
    return {
        "penalised": steps_of([15.0, 1.0]),
        "free": steps_of([0.0, 0.0]),
        "products": lambda: products.run(steps).numpy(),
    }


if __name__ == "__main__":
    sys.exit(main())
