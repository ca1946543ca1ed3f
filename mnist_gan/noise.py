"""The noise: latents as a function of seed and index."""

from itertools import pairwise

import numpy as np

BOUND = 3**0.5  # of uniform noise, whose deviation is 1 between -BOUND and BOUND
INPUTS = {  # by which a generator names its noise
    "normal": "latent",
    "uniform": "uniform_latent",
    "normal+categorical": "mixed_latent",
}
CODE_SHARE = 5  # numbers of a mixed latent for each that says its kind
BLOCK = 256  # latents drawn from one random stream; part of the meaning of a seed


def latents(
    seed: int, count: int, size: int, start: int = 0, distribution: str = "normal"
) -> np.ndarray:
    """Return latents `start` to `start + count - 1` of a seed, of mean 0 and deviation 1.

    Shape: float32 (count, size); the distribution is "normal", "uniform", or "normal+categorical":
    the first fifth of a latent is a categorical code, see `codes`, and the others are normal.
    Latent k depends on the seed, the size and k alone, so any part can be drawn by itself.

    >>> bool((latents(7, 10, 3)[4:] == latents(7, 6, 3, start=4)).all())
    True
    """
    first, last = start // BLOCK, -(-(start + count) // BLOCK)
    blocks = [_block(seed, index, size, distribution) for index in range(first, last)]
    drawn = np.concatenate(blocks) if blocks else np.empty((0, size), np.float32)
    offset = start - first * BLOCK
    return drawn[offset : offset + count]  # (count, latent)


def codes(size: int) -> np.ndarray:
    """Return the first numbers of mixed latents of a size, at least 10, of each kind there is.

    Shape: float32 (size // 5, size // 5), a row a kind: one number high, the others alike, so that
    over all kinds each has mean 0 and deviation 1. With kinds a generator need not draw what lies
    between two digits. They are the categorical codes of Chen et al. 2016 (InfoGAN).
    """
    count = size // CODE_SHARE
    return ((np.eye(count) * count - 1) / np.sqrt(count - 1)).astype(np.float32)


def walk(waypoints: np.ndarray, steps: int, distribution: str = "normal") -> np.ndarray:
    """Return a walk of `steps` latents from each waypoint to the next, both ends included.

    Shapes: (n, latent) in, float32 ((n - 1) * steps, latent) out. The walk is spherical (White
    2016, "Sampling generative networks"): normal and mixed latents lie near a sphere, and a
    straight line would cut through its empty middle. Uniform ones fill a cube, which an arc would
    leave, so there it is straight.
    """
    way = _line if distribution == "uniform" else _arc
    return np.concatenate([way(begin, end, steps) for begin, end in pairwise(waypoints)])


def _block(seed: int, index: int, size: int, distribution: str) -> np.ndarray:
    """Return the BLOCK latents of one block."""
    generator = np.random.Generator(np.random.Philox(key=[seed, index]))
    if distribution == "uniform":
        return generator.uniform(-BOUND, BOUND, (BLOCK, size)).astype(np.float32)
    drawn = generator.standard_normal((BLOCK, size), dtype=np.float32)  # (BLOCK, latent)
    if distribution == "normal+categorical":
        known = codes(size)
        drawn[:, : len(known)] = known[generator.integers(len(known), size=BLOCK)]
    return drawn


def _arc(begin: np.ndarray, end: np.ndarray, steps: int) -> np.ndarray:
    """Return the great arc between two latents, or the line where they are parallel."""
    lengths = np.linalg.norm(begin) * np.linalg.norm(end)
    cosine = begin @ end / max(lengths, 1e-12)  # a latent of zeros has any angle
    angle = np.arccos(np.clip(cosine, -1.0, 1.0))
    if np.sin(angle) < 1e-6:
        return _line(begin, end, steps)
    share = np.linspace(0.0, 1.0, steps)[:, None]  # (steps, 1)
    weights = np.sin((1 - share) * angle), np.sin(share * angle)
    return ((weights[0] * begin + weights[1] * end) / np.sin(angle)).astype(np.float32)


def _line(begin: np.ndarray, end: np.ndarray, steps: int) -> np.ndarray:
    """Return the straight line between two latents."""
    share = np.linspace(0.0, 1.0, steps)[:, None]  # (steps, 1)
    return ((1 - share) * begin + share * end).astype(np.float32)
