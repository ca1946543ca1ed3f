"""The list of variants: what each is called, what it needs, and how it is made."""

import importlib.util
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.products import LIBRARIES
from benchmarks.recipe import Variant

TUTORIAL, PACKAGE, MIXED = "tutorial", "mnist_gan float32", "mnist_gan mixed_bfloat16"
ON_JAX = "mnist_gan on jax float32"
PRODUCTS = "products by "  # and a library: see `benchmarks.products`
FLOOR, FLOOR_ADAM = "floor", "floor + adam"


@dataclass(frozen=True)
class Entry:
    """One row of the table."""

    name: str
    family: str
    precision: str  # float32 or bfloat16: of which floor it stands on
    learns: bool = True
    module: str = "tensorflow"  # without which it is not installed

    @property
    def installed(self) -> bool:
        """Whether what it needs is there."""
        return importlib.util.find_spec(self.module) is not None


def entries(*, peers: bool) -> list[Entry]:
    """Return all variants in the order of the table; `peers` are the other frameworks."""
    listed = [
        Entry(TUTORIAL, "tutorial", "float32"),
        Entry(PACKAGE, "package", "float32"),
        Entry(MIXED, "package", "bfloat16"),
        Entry(ON_JAX, "package", "float32", module="jax"),
    ]
    for family in ("torch", "jax") if peers else ():
        title = "pytorch" if family == "torch" else family
        for precision in ("float32", "bfloat16"):
            listed.append(Entry(f"{title} {precision}", family, precision, module=family))
    for name in (FLOOR, FLOOR_ADAM):
        for precision in ("float32", "bfloat16"):
            listed.append(Entry(f"{name} {precision}", name, precision, learns=False))
    return listed


def installed_products() -> dict[str, str]:
    """Return the variant that makes the products of each library that is there, by the library."""
    return {
        library: f"{PRODUCTS}{library}"
        for library, package in LIBRARIES.items()
        if importlib.util.find_spec(package)
    }


def build(name: str, images: Any, threads: int, seed: int) -> Variant:
    """Start the framework of a variant in this process and return the variant."""
    if name.startswith(PRODUCTS):
        from benchmarks.products import Products

        if "tensorflow" in name:
            from benchmarks.variants_tensorflow import start_plainly

            start_plainly(threads)
        return Products(name.removeprefix(PRODUCTS))
    entry = next(entry for entry in entries(peers=True) if entry.name == name)
    if entry.family == "package":
        return _build_package(entry, images, threads, seed)
    if entry.family == "torch":
        return _build_torch(entry, images, threads, seed)
    if entry.family == "jax":
        from benchmarks.variants_jax import Jax

        return Jax(images, seed, entry.precision)  # its threads: NPROC, see `child`
    from benchmarks.variants_tensorflow import Floor, Tutorial, start_plainly

    start_plainly(threads)
    if entry.family == "tutorial":
        return Tutorial(images, seed)
    return Floor(images, entry.precision, adam=entry.family == FLOOR_ADAM)


def _build_package(entry: Entry, images: np.ndarray, threads: int, seed: int) -> Variant:
    from mnist_gan.support.runtime import start_backend

    start_backend(threads=threads)  # which one, says KERAS_BACKEND: see `child`
    from benchmarks.variants_package import Package

    return Package(images, seed, "mixed_bfloat16" if entry.name == MIXED else "float32")


def _build_torch(entry: Entry, images: np.ndarray, threads: int, seed: int) -> Variant:
    import torch

    from benchmarks.variants_torch import Torch

    torch.set_num_threads(threads)
    return Torch(images, seed, entry.precision)
