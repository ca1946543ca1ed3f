"""The noise: latents as a function of seed and index."""

from itertools import pairwise

import numpy as np

BOUND = 3**0.5  # uniform noise between -BOUND and BOUND has a standard deviation of 1
INPUTS = {  # the name of a generator's input, by the distribution of its noise
    "normal": "latent",
    "uniform": "uniform_latent",
    "normal+categorical": "mixed_latent",
}
CODE_SHARE = 5  # numbers of a latent for each number of its categorical code
BLOCK = 256  # latents from one random stream; another size would change what a seed means


def latents(
    seed: int, count: int, size: int, start: int = 0, distribution: str = "normal"
) -> np.ndarray:
    """Return latents of mean 0 and standard deviation 1.

    Latent k depends only on the seed, the size, the distribution and k, so any part of the sequence
    can be drawn by itself.

    Args:
        seed: The seed.
        count: Number of latents.
        size: Numbers of a latent.
        start: Index of the first latent.
        distribution: "normal", "uniform" or "normal+categorical": the first fifth of a latent is a
            categorical code, see `codes`, and the rest is normal.

    Returns:
        Latents `start` to `start + count - 1` of the seed, float32 (count, size).

    >>> bool((latents(7, 10, 3)[4:] == latents(7, 6, 3, start=4)).all())
    True
    """
    first, last = start // BLOCK, -(-(start + count) // BLOCK)
    blocks = [_block(seed, index, size, distribution) for index in range(first, last)]
    drawn = np.concatenate(blocks) if blocks else np.empty((0, size), np.float32)
    offset = start - first * BLOCK
    return drawn[offset : offset + count]  # (count, latent)


def codes(size: int) -> np.ndarray:
    """Return all values of the categorical code with which "normal+categorical" latents start.

    They are one-hot vectors, shifted and scaled so that each number has mean 0 and standard
    deviation 1 over all values. With a code, a generator need not draw images between two digits.

    Args:
        size: Numbers of a latent, at least 10.

    Returns:
        float32 (size // 5, size // 5), one value a row.

    Chen et al. 2016, "InfoGAN".
    """
    count = size // CODE_SHARE
    return ((np.eye(count) * count - 1) / np.sqrt(count - 1)).astype(np.float32)


def walk(waypoints: np.ndarray, steps: int, distribution: str = "normal") -> np.ndarray:
    """Return a walk through the latent space from each waypoint to the next.

    The walk follows great arcs, since normal latents lie near a sphere, and a straight line would
    go through its empty centre. Between uniform latents it is straight, since an arc would leave
    their cube.

    Args:
        waypoints: (n, latent).
        steps: Latents from one waypoint to the next, both included.
        distribution: Distribution of the waypoints, as for `latents`.

    Returns:
        float32 ((n - 1) * steps, latent).

    White 2016, "Sampling generative networks".
    """
    path = _line if distribution == "uniform" else _arc
    return np.concatenate([path(begin, end, steps) for begin, end in pairwise(waypoints)])


def _block(seed: int, index: int, size: int, distribution: str) -> np.ndarray:
    """Return the BLOCK latents of one block."""
    generator = np.random.Generator(np.random.Philox(key=[seed, index]))
    if distribution == "uniform":
        return generator.uniform(-BOUND, BOUND, (BLOCK, size)).astype(np.float32)
    drawn = generator.standard_normal((BLOCK, size), dtype=np.float32)  # (BLOCK, latent)
    if distribution == "normal+categorical":
        values = codes(size)
        drawn[:, : len(values)] = values[generator.integers(len(values), size=BLOCK)]
    return drawn


def _arc(begin: np.ndarray, end: np.ndarray, steps: int) -> np.ndarray:
    """Return the great arc between two latents, or the line if they are parallel."""
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
