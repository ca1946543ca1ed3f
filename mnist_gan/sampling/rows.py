"""The latents that are drawn: those of a seed, a file or a class, and walks between them."""

from collections.abc import Sequence
from pathlib import Path
from typing import IO

import numpy as np

from mnist_gan.sampling.image_files import MAX_IMAGES, Blocks
from mnist_gan.sampling.numpy_generator import NumpyGenerator
from mnist_gan.sampling.sampler import Draw, stream
from mnist_gan.support.console import Work
from mnist_gan.support.errors import UserError
from mnist_gan.support.npy import Header, read_header
from mnist_gan.support.reading import open_file, reading
from mnist_gan.support.text import printable, several
from mnist_gan.support.units import counted, megabytes

LARGEST_LATENTS = 400_000_000  # bytes: a million latents of 100 numbers
MANY = 4000  # images, above which progress is shown


def inputs_of_seed(generator: NumpyGenerator, seed: int) -> Draw:
    """Return the function that draws a generator's inputs from a seed."""
    return lambda start, size: generator.latents(seed, size, start)


def inputs_of_file(generator: NumpyGenerator, path: Path, count: int | None) -> tuple[int, Draw]:
    """Return the function that reads a generator's latents from a file.

    Args:
        generator: The generator.
        path: A .npy file of latents (n, latent).
        count: How many of them to use; None: all.

    Returns:
        How many there are, and the function.

    Raises:
        UserError: Where the file holds anything else, or too few.
    """
    latent_size = generator.latent_size
    expected = f"expected a .npy of finite floats (n, {latent_size})"
    with reading(path, f".npy file of numbers; {expected}"), open_file(path) as file:
        header = read_header(file)
        held = header.shape[0] if header.shape else 0
        if header.dtype.hasobject:  # pickled, so never read
            raise UserError(f"{path} is no .npy file of numbers; {expected}.")
        if header.dtype.kind != "f":
            raise UserError(f"{path} holds {header.dtype}; {expected}.")
        if header.shape[1:] != (latent_size,) or not held:
            raise UserError(f"{path} holds {header.shape}; {expected}.")
        if count and count > held:
            raise UserError(f"{path} holds {counted(held, 'latent')}, but --count is {count}.")
        array = _read(path, file, header, count or held)
        if not np.isfinite(array).all():
            raise UserError(f"{path} holds numbers that are not all finite; {expected}.")

    def draw(start: int, size: int) -> np.ndarray:
        latents = array[start : start + size]
        return generator.with_labels(latents, generator.labels(len(latents), start))

    return len(array), draw


def _read(path: Path, file: IO[bytes], header: Header, count: int) -> np.ndarray:
    """Return the first latents of a file as float32 (count, latent).

    Args:
        path: The file, for errors.
        file: The same, open behind its header.
        header: What it declares.
        count: How many are wanted.
    """
    held, latent_size = header.shape
    rows = held if header.is_fortran else count  # in Fortran's order, the first lie everywhere
    size = rows * latent_size * header.dtype.itemsize
    if size > LARGEST_LATENTS:
        raise UserError(
            f"{path} holds {counted(rows, 'latent')} of {megabytes(size)}; at most "
            f"{megabytes(LARGEST_LATENTS)} are read. Take fewer with --count."
        )
    numbers = np.frombuffer(file.read(size), header.dtype)
    latents = numbers.reshape((rows, latent_size), order="F" if header.is_fortran else "C")
    with np.errstate(over="ignore"):  # what overflows is not finite, which is checked
        return latents[:count].astype(np.float32, order="C")


def place_of(wanted: str, count: int, names: Sequence[str]) -> int:
    """Return the label of a class.

    Args:
        wanted: Its name.
        count: How many classes there are.
        names: Their names, where they are known; otherwise they are numbered from 0.

    Raises:
        UserError: Where there is no such class.
    """
    known = list(names) if len(names) == count else [str(place) for place in range(count)]
    if wanted not in known:
        raise UserError(
            f"There is no class {printable(wanted)}; this generator has {several(known, 12)}."
        )
    return known.index(wanted)


def inputs_of_class(generator: NumpyGenerator, draw: Draw, label: int) -> Draw:
    """Return the function that draws the same latents, conditioned on one class.

    Args:
        generator: A conditional generator.
        draw: Draws its inputs.
        label: The label to condition on.
    """
    return lambda start, size: generator.with_labels(
        draw(start, size)[:, : generator.latent_size], label
    )


def interpolated(
    generator: NumpyGenerator, count: int, draw: Draw, steps: int, first: int
) -> tuple[int, Draw]:
    """Return the function that draws a walk from each latent to the next.

    Args:
        generator: The generator.
        count: How many latents to walk between, at least 2.
        draw: Draws its inputs.
        steps: How many images from each latent to the next.
        first: Index of the first latent.

    Returns:
        How many inputs the walk has, and the function.

    Raises:
        UserError: Where there is one latent only, or the walk is too long.
    """
    if count < 2:
        raise UserError(f"--interpolate walks between images, so it needs --count 2, not {count}.")
    if (count - 1) * steps > MAX_IMAGES:
        raise UserError(f"A walk of {(count - 1) * steps:,} images is longer than {MAX_IMAGES:,}.")
    path = generator.walk(draw(first, count), steps)
    return len(path), lambda start, size: path[start : start + size]


def blocks(generator: NumpyGenerator, count: int, draw: Draw, first: int) -> Blocks:
    """Yield images in blocks, showing progress where there are many.

    Args:
        generator: The generator.
        count: How many images.
        draw: Draws its inputs.
        first: Index of the first one.

    Yields:
        Images (n, 784).
    """
    with Work("drawing", count, "images", quiet=count <= MANY) as work:
        for images in stream(generator, count, draw, first):
            yield images
            work.advance(len(images))
