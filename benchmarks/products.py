"""How fast does each library multiply the matrices of one step?

    python benchmarks/products.py [--rounds N]       about 1 minute on two cores

Prints a table in Markdown: for each product of a step at batch 128, the GFLOP/s of NumPy, PyTorch,
TensorFlow (both kernels, with and without oneDNN) and JAX, at float32. Each library multiplies in a
process of its own with the same threads; in each round each has its turn, and the median counts.
The floor takes the fastest library for every product: no step can be faster on this machine, unless
somebody writes a faster product.
"""

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))  # as a script, `benchmarks` is not found

from benchmarks.recipe import BATCH, DISCRIMINATOR, GENERATOR

LIBRARIES = {  # by name: the package that it needs
    "numpy": "numpy",
    "pytorch": "torch",
    "tensorflow MatMul": "tensorflow",
    "tensorflow BatchMatMul": "tensorflow",
    "tensorflow MatMul, oneDNN": "tensorflow",
    "tensorflow BatchMatMul, oneDNN": "tensorflow",
    "jax": "jax",
}
REPEATS = 20  # of a product, one after another, in each round

Run = Callable[[], object]  # makes a product once, and returns when it is done


class Product(NamedTuple):
    """A product (m, k) x (k, n) of a step, how its operands lie, and how often it is made."""

    use: str
    m: int
    k: int
    n: int
    times: int
    transpose_a: bool = False
    transpose_b: bool = False

    @property
    def work(self) -> float:
        """The floating-point operations of one."""
        return 2.0 * self.m * self.k * self.n

    @property
    def operands(self) -> tuple[np.ndarray, np.ndarray]:
        """Random operands, as they lie in memory, float32."""
        rng = np.random.default_rng(0)
        a = (self.k, self.m) if self.transpose_a else (self.m, self.k)
        b = (self.n, self.k) if self.transpose_b else (self.k, self.n)
        return rng.normal(size=a).astype(np.float32), rng.normal(size=b).astype(np.float32)


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


class Products:
    """The products of one library, in its own process.

    Args:
        library: A key of LIBRARIES.
    """

    steps_per_call = 1

    def __init__(self, library: str) -> None:
        make = maker(library)
        self._runs = [make(product) for product in products()]
        self.run(1)  # compiles what is compiled

    def run(self, steps: int) -> None:
        """Make the products of steps."""
        for _ in range(steps):
            for product, run in zip(products(), self._runs, strict=True):
                for _ in range(product.times):
                    run()

    def weights(self) -> None:
        """Return nothing: this does not learn."""

    def milliseconds(self) -> list[float]:
        """Return the time of each product, measured once."""
        times = []
        for run in self._runs:
            began = time.perf_counter()
            for _ in range(REPEATS):
                run()
            times.append(1000 * (time.perf_counter() - began) / REPEATS)
        return times


def maker(library: str) -> Callable[[Product], Run]:
    """Return what makes a function of a product that multiplies by a library, of LIBRARIES."""
    own = {"numpy": _numpy, "pytorch": _torch, "jax": _jax}
    return own[library] if library in own else _tensorflow("Batch" in library)


def _numpy(product: Product) -> Run:
    a, b = product.operands
    a, b = a.T if product.transpose_a else a, b.T if product.transpose_b else b
    result = np.empty((product.m, product.n), np.float32)
    return lambda: np.matmul(a, b, out=result)


def _torch(product: Product) -> Run:
    import torch

    a, b = (torch.from_numpy(operand) for operand in product.operands)
    a, b = a.T if product.transpose_a else a, b.T if product.transpose_b else b
    result = torch.empty(product.m, product.n)
    return lambda: torch.matmul(a, b, out=result)


def _jax(product: Product) -> Run:
    import jax
    from jax import numpy as jnp

    a, b = (jnp.asarray(operand) for operand in product.operands)
    made = jax.jit(
        lambda a, b: (a.T if product.transpose_a else a) @ (b.T if product.transpose_b else b)
    )
    return lambda: made(a, b).block_until_ready()


def _tensorflow(is_batched: bool) -> Callable[[Product], Run]:
    """Return what makes products by one of TensorFlow's two kernels."""

    def make(product: Product) -> Run:
        import tensorflow as tf

        a, b = (tf.constant(operand) for operand in product.operands)
        ways = product.transpose_a, product.transpose_b
        if is_batched:
            return lambda: tf.raw_ops.BatchMatMulV2(x=a, y=b, adj_x=ways[0], adj_y=ways[1])
        return lambda: tf.raw_ops.MatMul(a=a, b=b, transpose_a=ways[0], transpose_b=ways[1])

    return make


class Speeds(NamedTuple):
    """The median milliseconds of each product of a step, by library."""

    milliseconds: Mapping[str, Sequence[float]]

    @property
    def fastest(self) -> list[float]:
        """The least of each product."""
        return [min(times) for times in zip(*self.milliseconds.values(), strict=True)]

    @property
    def floor(self) -> float:
        """The milliseconds of all products of a step, each by the fastest library."""
        return self.of_a_step(self.fastest)

    @staticmethod
    def of_a_step(times: Sequence[float]) -> float:
        """Return the milliseconds of a step whose products take these."""
        return sum(product.times * ms for product, ms in zip(products(), times, strict=True))

    def table(self) -> str:
        """Return the GFLOP/s of each library for each product, in Markdown."""
        names = list(self.milliseconds)
        head = f"| product | m x k x n | {' | '.join(names)} |"
        lines = [head, f"|---|---|{'--:|' * len(names)}"]
        for product, *times in zip(products(), *self.milliseconds.values(), strict=True):
            shape = f"{product.m} x {product.k} x {product.n}"
            rates = [f"{product.work / ms / 1e6:.0f}" for ms in times]
            marked = [
                f"**{rate}**" if ms == min(times) else rate
                for rate, ms in zip(rates, times, strict=True)
            ]
            lines.append(f"| {product.use} | {shape} | {' | '.join(marked)} |")
        totals = [f"{self.of_a_step(times):.1f}" for times in self.milliseconds.values()]
        lines.append(f"| all of a step, ms | | {' | '.join(totals)} |")
        return "\n".join([*lines, "", f"Floor: {self.floor:.1f} ms a step."])


def measured(children: Mapping[str, Any], rounds: int) -> Speeds:
    """Return how fast each library multiplies.

    Args:
        children: A `benchmarks.child.Child` with the products of each library, by its name.
        rounds: In each of them every library has its turn.
    """
    times: dict[str, list[list[float]]] = {name: [] for name in children}
    for _ in range(rounds):
        for name, child in children.items():
            times[name].append(child.ask(products=1)["milliseconds"])
    return Speeds(
        {name: [median(each) for each in zip(*found, strict=True)] for name, found in times.items()}
    )


def main() -> None:
    """Measure and print."""
    from contextlib import ExitStack

    from benchmarks.child import Child
    from benchmarks.machine import describe, limit_to
    from benchmarks.variants import installed_products
    from mnist_gan.support.runtime import cores

    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    limit_to(cores())
    with ExitStack() as stack:
        children = {
            library: stack.enter_context(Child(name, None, cores(), 0))
            for library, name in installed_products().items()
        }
        for child in children.values():
            child.wait_until_ready()
        speeds = measured(children, rounds)
    print(f"{describe(cores())['processor']}, {cores()} threads, float32, GFLOP/s\n")
    print(speeds.table())


if __name__ == "__main__":
    main()
