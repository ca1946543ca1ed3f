"""Which of TensorFlow's two kernels multiplies faster, product by product of one step?

    python benchmarks/products.py             about 1 minute on two cores

Prints a table in Markdown: for each product of a step at batch 128, GFLOP/s by `MatMul` and by
`BatchMatMulV2`, the best of several rounds in which both have their turn.
"""

import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))  # as a script, `benchmarks` is not found

from benchmarks.machine import describe
from benchmarks.recipe import BATCH, DISCRIMINATOR, GENERATOR
from mnist_gan.support.runtime import start_backend

THREADS = start_backend()

import tensorflow as tf  # noqa: E402 - started above

REPEATS, ROUNDS = 50, 5


class Product(NamedTuple):
    """A product (m, k) x (k, n) of a step, how its operands lie, and how often it is made."""

    use: str
    m: int
    k: int
    n: int
    times: int
    transpose_a: bool = False
    transpose_b: bool = False


def products() -> list[Product]:
    """Return the products of one step."""
    found = []
    for rows, widths, name in ((BATCH, GENERATOR, "G"), (2 * BATCH, DISCRIMINATOR, "D")):
        for index, (wide, out) in enumerate(pairwise(widths)):
            found.append(Product(f"{name} forward", rows, wide, out, 2 if name == "G" else 1))
            found.append(Product(f"{name} weights", wide, rows, out, 1, transpose_a=True))
            if index:
                found.append(Product(f"{name} inputs", rows, out, wide, 1, transpose_b=True))
    for wide, out in pairwise(DISCRIMINATOR):  # through which the generator learns
        found.append(Product("D forward for G", BATCH, wide, out, 1))
        found.append(Product("D inputs for G", BATCH, out, wide, 1, transpose_b=True))
    return found


def by_matmul(product: Product, a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
    """Multiply as `tf.matmul` does for matrices."""
    return tf.matmul(a, b, transpose_a=product.transpose_a, transpose_b=product.transpose_b)


def by_batched(product: Product, a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
    """Multiply by the kernel meant for stacks of matrices."""
    return tf.raw_ops.BatchMatMulV2(x=a, y=b, adj_x=product.transpose_a, adj_y=product.transpose_b)


def repeated(
    multiply: Callable[[Product, Any, Any], Any], product: Product, dtype: tf.DType
) -> Callable[[], Any]:
    """Return a compiled function that makes one product REPEATS times, one after another."""
    rng = np.random.default_rng(0)
    m, k, n = product.m, product.k, product.n
    a = tf.cast(rng.normal(size=(k, m) if product.transpose_a else (m, k)), dtype)
    b = tf.cast(rng.normal(size=(n, k) if product.transpose_b else (k, n)), dtype)

    @tf.function
    def run(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
        total = tf.zeros([], dtype)
        for _ in tf.range(REPEATS):  # each waits for the one before
            result = multiply(product, a + total * 0, b)
            total = result[0, 0]
        return total

    return lambda: run(a, b).numpy()


def milliseconds(product: Product, dtype: tf.DType) -> list[float]:
    """Return the best time of one product by each kernel."""
    runs = [repeated(multiply, product, dtype) for multiply in (by_matmul, by_batched)]
    best = [float("inf")] * len(runs)
    for _ in range(ROUNDS + 1):  # the first compiles
        for index, run in enumerate(runs):
            began = time.perf_counter()
            run()
            best[index] = min(best[index], 1000 * (time.perf_counter() - began) / REPEATS)
    return best


def main() -> None:
    """Measure and print."""
    print(f"{describe(THREADS)['processor']}, {THREADS} threads")
    for dtype in (tf.float32, tf.bfloat16):
        print(f"\n{dtype.name}, GFLOP/s\n\n| product | m x k x n | MatMul | BatchMatMulV2 |")
        print("|---|---|--:|--:|")
        totals = np.zeros(2)
        for product in products():
            times = np.array(milliseconds(product, dtype))
            totals += product.times * times
            rates = 2 * product.m * product.k * product.n / times / 1e6
            shape = f"{product.m} x {product.k} x {product.n}"
            print(f"| {product.use} | {shape} | {rates[0]:.0f} | {rates[1]:.0f} |", flush=True)
        print(f"| **all of a step, ms** | | {totals[0]:.2f} | {totals[1]:.2f} |")


if __name__ == "__main__":
    main()
