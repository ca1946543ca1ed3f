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
from mnist_gan.sampling.keras_archive import accepting, generator_of, read_generator
from mnist_gan.sampling.numpy_generator import NumpyGenerator
from mnist_gan.support.errors import UserError
from mnist_gan.support.runtime import cores

MAX_BLOCKS = 16  # that a core computes at a time

Images = np.ndarray  # float32 (n, 784) in [-1, 1]
Draw = Callable[[int, int], np.ndarray]  # (first, size) -> batch (size, inputs)


def open_generator(path: Path) -> NumpyGenerator:
    """Return the generator in a `.keras` file.

    The file is untrusted input, so it is validated and never loaded by Keras (see `keras_archive`).

    Raises:
        UserError: Where it is missing, or no generator.
    """
    if not path.exists():
        raise UserError(f"There is no file {path}; a generator is a .keras file.")
    return read_generator(path)


def copy_generator(model: Any) -> NumpyGenerator:
    """Return a NumPy copy of a Keras model with its current weights.

    Raises:
        UserError: Where it has layers that are not implemented in NumPy.
    """
    import keras

    from mnist_gan.models.spectral import plain

    model = plain(model)
    arrays = iter([keras.ops.convert_to_numpy(weight) for weight in model.weights])
    config = keras.saving.serialize_keras_object(model)
    with accepting(f"The model {model.name}"):
        return generator_of(config, lambda _, shapes: [next(arrays) for _ in shapes])


def sample(
    generator: NumpyGenerator, count: int = 100, seed: int = 0, start: int = 0
) -> np.ndarray:
    """Return images of a seed.

    Image k depends on the generator, the seed and k alone.

    Args:
        generator: The generator.
        count: How many images.
        seed: Seed of the latents.
        start: Index k of the first image.

    Returns:
        Images, float32 (count, 784) in [-1, 1].
    """
    return generate(generator, generator.latents(seed, count, start), start)


def generate(generator: NumpyGenerator, batch: np.ndarray, start: int = 0) -> np.ndarray:
    """Return the images of a batch.

    Args:
        generator: The generator.
        batch: Latents, followed by one-hot labels where it is conditional, (n, inputs).
        start: Index of the first sample in its seed or file: see `stream`.

    Returns:
        Images, float32 (n, 784) in [-1, 1].
    """

    def draw(first: int, size: int) -> np.ndarray:
        return batch[first - start :][:size]

    parts = stream(generator, len(batch), draw, start)
    return np.concatenate([np.empty((0, PIXELS), np.float32), *parts])


def stream(generator: NumpyGenerator, count: int, draw: Draw, start: int = 0) -> Iterator[Images]:
    """Yield the images of `count` samples, in order and in parts.

    The last bits of a matrix product depend on the batch size, on a sample's position in the batch,
    and on the number of threads. So sample k is always computed at position k % BLOCK of a batch of
    size BLOCK, by one thread, and image k is the same wherever a request starts or ends. Each core
    computes one part at a time, ahead of the consumer, which is also faster than sharing each
    product among all cores.

    Args:
        generator: The generator.
        count: How many images.
        draw: Returns samples k to k + size - 1, (size, inputs), given k and size.
        start: Index k of the first sample.

    Yields:
        Images, float32 (n, 784) in [-1, 1].
    """
    begin, end = start // BLOCK * BLOCK, start + count
    blocks = -(-(end - begin) // BLOCK)
    size = BLOCK * max(1, min(MAX_BLOCKS, -(-blocks // cores())))  # of a part
    bounds = [start, *range(begin + size, end, size), end]
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(cores()) as pool:
        ahead: deque[Future[Images]] = deque()
        for first, last in pairwise(bounds):
            ahead.append(pool.submit(_part, generator, draw(first, last - first), first))
            if len(ahead) > cores():
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def _part(generator: NumpyGenerator, samples: np.ndarray, first: int) -> Images:
    """Return the images (n, 784) of samples (n, inputs), each at its position in its block."""
    images = np.empty((len(samples), PIXELS), np.float32)  # (n, 784)
    block = np.zeros((BLOCK, generator.inputs), np.float32)  # (BLOCK, inputs)
    done = 0
    while done < len(samples):
        position = (first + done) % BLOCK
        part = samples[done : done + BLOCK - position]
        block[position : position + len(part)] = part
        images[done : done + len(part)] = generator(block)[position : position + len(part)]
        done += len(part)
    return images
