"""Load a generator, draw images from it."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from mnist_gan.data.images import PIXELS
from mnist_gan.noise import BLOCK
from mnist_gan.sampling.keras_archive import MISFITS, RefusedError, generator_of, read_generator
from mnist_gan.sampling.numpy_layers import NumpyGenerator
from mnist_gan.support.errors import UserError
from mnist_gan.support.runtime import cores

MOST_BLOCKS = 16  # that a core computes at a time

Images = np.ndarray  # float32 (n, 784) in [-1, 1]
Draw = Callable[[int, int], np.ndarray]  # (first, size) -> rows (size, inputs)


def open_generator(path: Path) -> NumpyGenerator:
    """Return the generator in a `.keras` file.

    The file is untrusted input (see `keras_archive`); Keras never sees it. Raises UserError where
    it is no generator.
    """
    if not path.is_file():
        raise UserError(f"There is no file {path}; a generator is a .keras file.")
    return read_generator(path)


def copy_generator(model: Any) -> NumpyGenerator:
    """Return the generator that a Keras model is at this moment.

    Raises UserError where it has layers that NumPy cannot compute here.
    """
    import keras

    arrays = iter([keras.ops.convert_to_numpy(weight) for weight in model.weights])
    config = keras.saving.serialize_keras_object(model)
    try:
        return generator_of(config, lambda kind, shape, units: (next(arrays), next(arrays)))
    except (RefusedError, *MISFITS) as error:
        reason = error if isinstance(error, RefusedError) else "its parts do not fit together"
        raise UserError(f"The model {model.name} is no generator of digits: {reason}.") from None


def sample(
    generator: NumpyGenerator, count: int = 100, seed: int = 0, start: int = 0
) -> np.ndarray:
    """Return images `start` to `start + count - 1` of a seed: float32 (count, 784) in [-1, 1].

    Image k is a function of the generator, the seed and k alone.
    """
    return generate(generator, generator.latents(seed, count, start), start)


def generate(generator: NumpyGenerator, rows: np.ndarray, start: int = 0) -> np.ndarray:
    """Return the images (n, 784) of rows (n, inputs): of latents, and classes behind them, if any.

    `start` is the index of the first row in its seed or file: see `stream`.
    """

    def draw(first: int, size: int) -> np.ndarray:
        return rows[first - start :][:size]

    parts = stream(generator, len(rows), draw, start)
    return np.concatenate([np.empty((0, PIXELS), np.float32), *parts])


def stream(generator: NumpyGenerator, count: int, draw: Draw, start: int = 0) -> Iterator[Images]:
    """Yield the images (n, 784) of `count` rows, in order and in parts.

    The last bits of a matrix product depend on the number of its rows, on a row's place among
    them, and on the number of threads. So row k is always computed at place k % BLOCK of a block of
    BLOCK rows, by one thread, and image k is the same wherever a sample starts or ends. Every core
    computes a part of its own, one part ahead of the one that is taken, which is also faster than
    all cores on one product.

    Args:
        generator: The generator.
        count: How many images.
        draw: Returns rows k to k + size - 1, (size, inputs), given k and size.
        start: Index k of the first row.
    """
    begin, end = start // BLOCK * BLOCK, start + count
    blocks = -(-(end - begin) // BLOCK)
    size = BLOCK * max(1, min(MOST_BLOCKS, -(-blocks // cores())))  # of a part
    bounds = [start, *range(begin + size, end, size), end]
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(cores()) as pool:
        ahead: deque[Future[Images]] = deque()
        for first, last in pairwise(bounds):
            ahead.append(pool.submit(_part, generator, draw(first, last - first), first))
            if len(ahead) > cores():
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def _part(generator: NumpyGenerator, rows: np.ndarray, first: int) -> Images:
    """Return the images (n, 784) of rows (n, inputs), each at its place in its block."""
    images = np.empty((len(rows), PIXELS), np.float32)  # (n, 784)
    block = np.zeros((BLOCK, generator.inputs), np.float32)  # (BLOCK, inputs)
    done = 0
    while done < len(rows):
        place = (first + done) % BLOCK
        part = rows[done : done + BLOCK - place]
        block[place : place + len(part)] = part
        images[done : done + len(part)] = generator(block)[place : place + len(part)]
        done += len(part)
    return images
