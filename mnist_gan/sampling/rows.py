"""The latents that are drawn: those of a seed, a file or a class, and walks between them."""

from pathlib import Path

import numpy as np

from mnist_gan.sampling.export import MOST_PICTURES, Blocks
from mnist_gan.sampling.numpy_layers import NumpyGenerator
from mnist_gan.sampling.sampler import Draw, stream
from mnist_gan.support.console import Work
from mnist_gan.support.errors import UserError
from mnist_gan.support.units import counted

MANY = 4000  # images, from which there is a bar


def rows_of_seed(generator: NumpyGenerator, seed: int) -> Draw:
    """Return the rows of a seed."""
    return lambda start, part: generator.latents(seed, part, start)


def rows_of_file(generator: NumpyGenerator, path: Path, count: int | None) -> tuple[int, Draw]:
    """Return the latents (n, latent) that a .npy file holds, the first `count` of them, as rows."""
    size = generator.latent_size
    expected = f"expected a .npy of finite numbers (n, {size})"
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError):
        raise UserError(f"{path} is no .npy file of numbers; {expected}.") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}.") from None
    if not isinstance(array, np.ndarray) or array.ndim != 2 or array.shape[1] != size:
        shape = getattr(array, "shape", "several arrays")
        raise UserError(f"{path} holds {shape}; {expected}.")
    if array.dtype.kind != "f" or not np.isfinite(array).all():
        raise UserError(f"{path} holds {array.dtype} that are not all finite; {expected}.")
    if (count or 1) > len(array):
        held = counted(len(array), "latent")
        raise UserError(f"{path} holds {held}, but --count {count or 1} takes as many.")

    def draw(start: int, part: int) -> np.ndarray:
        latents = array[start : start + part].astype(np.float32)
        return generator.asking(latents, generator.asked(len(latents), start))

    return count or len(array), draw


def rows_of_class(generator: NumpyGenerator, draw: Draw, digit: int) -> Draw:
    """Return the same latents, but asking a conditional generator for a digit."""
    return lambda start, part: generator.asking(
        draw(start, part)[:, : generator.latent_size], digit
    )


def walked(
    generator: NumpyGenerator, count: int, draw: Draw, steps: int, first: int
) -> tuple[int, Draw]:
    """Return the walk from each latent to the next in `steps` images."""
    if count < 2:
        raise UserError(f"--interpolate walks between digits, so it needs --count 2, not {count}.")
    if (count - 1) * steps > MOST_PICTURES:
        raise UserError(
            f"A walk of {(count - 1) * steps:,} images is longer than {MOST_PICTURES:,}."
        )
    path = generator.walk(draw(first, count), steps)
    return len(path), lambda start, part: path[start : start + part]


def blocks(generator: NumpyGenerator, count: int, draw: Draw, first: int) -> Blocks:
    """Yield the images in blocks, showing progress where there are several."""
    with Work("drawing", count, "images", quiet=count <= MANY) as work:
        for images in stream(generator, count, draw, first):
            yield images
            work.advance(len(images))
