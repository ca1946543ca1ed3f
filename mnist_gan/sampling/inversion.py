"""The latent whose image comes nearest to a given one, found by gradient descent."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from mnist_gan.data.images import LEVELS
from mnist_gan.noise import BOUND, codes
from mnist_gan.sampling.gradients import backward, forward
from mnist_gan.sampling.numpy_generator import NumpyGenerator
from mnist_gan.support.errors import UserError

DRAWN = 1000  # latents, the nearest of which the descent starts from
STARTS = 2  # for each image
STEPS = 100
RATE = 0.2  # of Adam, at the first step; it falls to zero as half a cosine
BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8
MOST_IMAGES = 100
AT_ONCE = 2**24  # numbers that the layers compute with at a time, about


class Inverted(NamedTuple):
    """What a generator comes to, image by image."""

    latents: np.ndarray  # float32 (n, inputs), with one-hot labels behind if it is conditional
    images: np.ndarray  # float32 (n, 784) in [-1, 1]: what it draws from them
    distances: np.ndarray  # float64 (n,): root mean square over pixels, in grey levels of 255


def refuse_too_many(count: int) -> None:
    """Raise UserError where there are more images than are inverted at once."""
    if count > MOST_IMAGES:
        raise UserError(f"{count:,} images are too many to invert at once; give {MOST_IMAGES}.")


def invert(
    generator: NumpyGenerator,
    images: np.ndarray,
    seed: int = 0,
    on_step: Callable[[int], None] = lambda images: None,
) -> Inverted:
    """Return the latents whose images come nearest to given ones.

    Of DRAWN latents the nearest few are improved by Adam. They stay where latents are drawn:
    uniform ones within their range, normal ones no longer than normal ones are on average. A
    label stays what it was, and so does a categorical code.

    Args:
        generator: What draws.
        images: Images (n, 784) in [-1, 1].
        seed: Of the latents that are drawn first.
        on_step: Called after each step with the number of images that it was made for.
    """
    drawn = generator.latents(seed, DRAWN)  # (drawn, inputs)
    pictures = generator(drawn)
    at_once = max(1, AT_ONCE // (STARTS * generator.values * max(1, len(generator.layers))))
    found = []
    for start in range(0, len(images), at_once):
        part = images[start : start + at_once]
        nearest = np.argsort(_distances(part, pictures), axis=1)[:, :STARTS]  # (n, starts)
        found.append(_descend(generator, part, drawn[nearest], on_step))
    return Inverted(*(np.concatenate(arrays) for arrays in zip(*found, strict=True)))


def _distances(images: np.ndarray, pictures: np.ndarray) -> np.ndarray:
    """Return the distances of each image to each picture (images, pictures), in grey levels."""
    squares = [((pictures - image) ** 2).mean(axis=1, dtype=np.float64) for image in images]
    return LEVELS * np.sqrt(np.array(squares))


def _descend(
    generator: NumpyGenerator,
    images: np.ndarray,
    starts: np.ndarray,
    on_step: Callable[[int], None],
) -> Inverted:
    """Return the nearest that Adam finds for each image from its starts (n, starts, inputs)."""
    count, tried, inputs = starts.shape
    latents = starts.reshape(-1, inputs).astype(np.float32)
    wanted = images.repeat(tried, axis=0)
    first, second = np.zeros_like(latents), np.zeros_like(latents)
    for step in range(1, STEPS + 1):
        values = forward(generator.layers, latents)
        gradient = backward(generator.layers, values, values[-1] - wanted) / images.shape[1]
        first = BETA_1 * first + (1 - BETA_1) * gradient
        second = BETA_2 * second + (1 - BETA_2) * gradient**2
        mean, square = first / (1 - BETA_1**step), second / (1 - BETA_2**step)
        rate = RATE * (1 + np.cos(np.pi * step / STEPS)) / 2
        change = rate * mean / (np.sqrt(square) + EPSILON)
        latents = _allowed(generator, latents, (latents - change).astype(np.float32))
        on_step(count)
    drawn = generator(latents)
    distances = LEVELS * np.sqrt(((drawn - wanted) ** 2).mean(axis=1, dtype=np.float64))
    best = distances.reshape(count, tried).argmin(axis=1) + tried * np.arange(count)
    return Inverted(latents[best], drawn[best], distances[best])


def _allowed(generator: NumpyGenerator, before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Return changed latents, brought back to where latents are drawn."""
    size, kept = generator.latent_size, 0
    if generator.noise == "uniform":
        after = np.clip(after, -BOUND, BOUND)
    else:
        kept = len(codes(size)) if generator.noise == "normal+categorical" else 0
        lengths = np.linalg.norm(after[:, kept:size], axis=1, keepdims=True)
        after[:, kept:size] *= np.minimum(1, (size - kept) ** 0.5 / np.maximum(lengths, 1e-12))
    after[:, :kept], after[:, size:] = before[:, :kept], before[:, size:]
    return after
