"""What is each idea in the step worth? The step as it is, beside steps with one idea undone.

    python benchmarks/ideas.py                                about 2 minutes on two cores
    python benchmarks/ideas.py --precision mixed_bfloat16

All live in one process and take turns, in an order that changes from round to round; a ratio is
taken within each round, then the median. Above 1, what stands in the row costs time, so the step
does without it; below 1, it would save time, and docs/experiments.md says why it is not there.
"""

import argparse
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).parents[1]))  # as a script, `benchmarks` is not found

from benchmarks.machine import describe
from mnist_gan.support.runtime import start_backend

THREADS = start_backend()

import tensorflow as tf  # noqa: E402 - started above

from mnist_gan.config.loading import load_config  # noqa: E402
from mnist_gan.data.sources import load_data  # noqa: E402
from mnist_gan.training.backends import tensorflow_kernels as forward  # noqa: E402
from mnist_gan.training.backends import tensorflow_optimizers as optimizers  # noqa: E402
from mnist_gan.training.build import build_trainer  # noqa: E402
from mnist_gan.training.step import keras_forward  # noqa: E402
from mnist_gan.training.trainer import Trainer  # noqa: E402

AS_IT_IS, KERAS = "the step as it is", "networks called as Keras has it"


def batched(
    a: tf.Tensor, b: tf.Tensor, *, transpose_a: bool = False, transpose_b: bool = False
) -> tf.Tensor:
    """Give the batched kernel the operands as they are."""
    return tf.raw_ops.BatchMatMulV2(x=a, y=b, adj_x=transpose_a, adj_y=transpose_b)


def float_masks(values: tf.Tensor, rate: float, key: tf.Tensor) -> tf.Tensor:
    """Draw a float for each value, as `tf.nn` does."""
    return tf.nn.experimental.stateless_dropout(values, rate, seed=key)


def byte_masks(values: tf.Tensor, rate: float, key: tf.Tensor) -> tf.Tensor:
    """Draw eight bits for each value: the share is then a multiple of 1/256."""
    words = tf.random.stateless_uniform([tf.size(values) // 4], key, None, None, tf.uint32)
    numbers = tf.reshape(tf.bitcast(words, tf.uint8), values.shape)
    steps = round(rate * 256)
    kept = numbers >= tf.constant(steps, tf.uint8)
    return values * (tf.cast(kept, values.dtype) * (256 / (256 - steps)))


def chosen_masks(values: tf.Tensor, rate: float, key: tf.Tensor) -> tf.Tensor:
    """Choose between two numbers instead of converting and scaling."""
    n = values.shape.num_elements()
    words = tf.random.stateless_uniform([n // 2], key, None, None, tf.uint32)
    numbers = tf.reshape(tf.bitcast(words, tf.uint16), values.shape)
    kept = numbers >= tf.constant(round(rate * 2**16), tf.uint16)
    return values * tf.where(kept, tf.constant(1 / (1 - rate), values.dtype), 0)


def no_masks(values: tf.Tensor, rate: float, key: tf.Tensor) -> tf.Tensor:
    """Drop nothing: another algorithm, to see what dropout costs in all."""
    return values


def adam_in_pieces(adam: optimizers.Adam, gradients: Any) -> None:
    """Update by a chain of element-wise operations, as Keras does."""
    base = adam.rate(adam.iterations.read_value())
    count = tf.cast(adam.iterations.assign_add(1), tf.float32)
    powers = tf.pow(adam.beta_1, count), tf.pow(adam.beta_2, count)
    rate = base * tf.sqrt(1 - powers[1]) / (1 - powers[0])
    slots = zip(adam.variables, adam.means, adam.variances, gradients, strict=True)
    for variable, mean, variance, gradient in slots:
        mean.assign_add((gradient - mean) * (1 - adam.beta_1))
        variance.assign_add((tf.square(gradient) - variance) * (1 - adam.beta_2))
        variable.assign_sub(mean * rate / (tf.sqrt(variance) + adam.epsilon))


def gather_bytes(images: tf.Tensor, chosen: tf.Tensor, gather: Any = tf.gather) -> tf.Tensor:
    """Gather from images kept as bytes."""
    return tf.cast(gather(images, chosen), tf.float32) / 127.5 - 1


Patches = list[tuple[Any, str, Callable[..., Any]]]
tf.get_logger().setLevel("ERROR")  # it minds that a function is traced for every variant
IDEAS: dict[str, Patches] = {
    AS_IT_IS: [],
    KERAS: [],
    "products by tf.matmul": [(forward, "matmul", tf.matmul)],
    "products by the batched kernel": [(forward, "matmul", batched)],
    "masks from floats": [(forward, "_dropout", float_masks)],
    "masks from 8 bits": [(forward, "_dropout", byte_masks)],
    "masks by choice": [(forward, "_dropout", chosen_masks)],
    "no dropout": [(forward, "_dropout", no_masks)],
    "Adam in pieces": [(optimizers.Adam, "apply", adam_in_pieces)],
    "images kept as bytes": [(tf, "gather", gather_bytes)],
}


def main() -> None:
    """Measure and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--precision", default="float32")
    parser.add_argument("--data", default="auto", help="as for `mnist-gan train`")
    parser.add_argument("--only", action="append", metavar="ROW", help="this one; repeatable")
    options = parser.parse_args()
    names = [name for name in IDEAS if not options.only or name in {AS_IT_IS, *options.only}]
    config = load_config("tutorial", {"training.precision": options.precision})
    images = load_data(options.data).images
    trainers = {name: build_trainer(config, images) for name in names}
    for name, trainer in trainers.items():
        if name == "images kept as bytes":
            trainer.images = tf.cast(tf.round((trainer.images + 1) * 127.5), tf.uint8)
        if name == KERAS:
            trainer.step.forward = keras_forward
        traced(trainer, IDEAS[name])
    times = measure(trainers, config.training.steps_per_call, options.rounds)
    processor = describe(THREADS)["processor"]
    print(f"{processor}, {THREADS} threads; {options.precision}; {options.rounds} rounds")
    print("\n| | ms a step | of the step as it is |\n|---|---|---|")
    for name, milliseconds in times.items():
        ratio = median(a / b for a, b in zip(milliseconds, times[AS_IT_IS], strict=True))
        print(f"| {name} | {median(milliseconds):.2f} | {ratio:.3f} |")


def traced(trainer: Trainer, patches: Patches) -> None:
    """Make the first step, for which the function is traced, with the patches applied."""
    if not patches:
        trainer.step.run(trainer.images, 1)
        return
    (owner, name, replacement), *others = patches
    with patch.object(owner, name, replacement):
        traced(trainer, others)


def measure(trainers: dict[str, Trainer], steps: int, rounds: int) -> dict[str, list[float]]:
    """Return the milliseconds a step of each, one for each round."""
    times: dict[str, list[float]] = {name: [] for name in trainers}
    order = list(trainers)
    for _ in range(rounds):
        random.shuffle(order)
        for name in order:
            trainer = trainers[name]
            began = time.perf_counter()
            trainer.step.run(trainer.images, steps)
            times[name].append(1000 * (time.perf_counter() - began) / steps)
    return times


if __name__ == "__main__":
    main()
