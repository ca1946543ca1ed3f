"""The list of variants: what each is called, what it needs, and how it is made."""

import importlib.util
from dataclasses import dataclass

import numpy as np

from benchmarks.recipe import Variant

TUTORIAL, PACKAGE, MIXED = "tutorial", "mnist_gan float32", "mnist_gan mixed_bfloat16"
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
    ]
    for family in ("torch", "jax") if peers else ():
        title = "pytorch" if family == "torch" else family
        for precision in ("float32", "bfloat16"):
            listed.append(Entry(f"{title} {precision}", family, precision, module=family))
    for name in (FLOOR, FLOOR_ADAM):
        for precision in ("float32", "bfloat16"):
            listed.append(Entry(f"{name} {precision}", name, precision, learns=False))
    return listed


def build(name: str, images: np.ndarray, threads: int, seed: int) -> Variant:
    """Start the framework of a variant in this process and return the variant."""
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

    start_backend(threads=threads)
    from benchmarks.variants_tensorflow import Package

    return Package(images, seed, "float32" if entry.name == PACKAGE else "mixed_bfloat16")


def _build_torch(entry: Entry, images: np.ndarray, threads: int, seed: int) -> Variant:
    import torch

    from benchmarks.variants_torch import Torch

    torch.set_num_threads(threads)
    return Torch(images, seed, entry.precision)
