"""Initial weights as a function of the seed alone, the same on every backend."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

import keras
import numpy as np

KEY = (0x3EC8F720, 0x02461E29)  # with which TensorFlow mixes a seed
MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)  # of Philox 4x32, likewise the next two
INCREMENTS = (0x9E3779B9, 0xBB67AE85)  # of the key, in each round
ROUNDS = 10
LOW = np.uint64(0xFFFFFFFF)
KINDS = (  # of initializers that are drawn here; others are left to Keras
    keras.initializers.GlorotUniform,
    keras.initializers.RandomNormal,
    keras.initializers.RandomUniform,
)
Network = TypeVar("Network", bound=keras.Model)


def built(build: Callable[[], Network], layers: Sequence[keras.Layer]) -> Network:
    """Return a network whose initial weights depend on the seeds of its layers alone.

    Keras would draw them by the random numbers of its backend. These here are TensorFlow's.

    Args:
        build: Builds the network.
        layers: Its layers, not yet built; weights of KINDS are drawn here.
    """
    wrapped = [layer.layer for layer in layers if isinstance(layer, keras.layers.Wrapper)]
    drawing = [
        (layer, name, initializer)
        for layer in [*layers, *wrapped]
        for name in ("kernel_initializer", "bias_initializer", "vector_initializer")
        if type(initializer := getattr(layer, name, None)) in KINDS
    ]
    for layer, name, initializer in drawing:
        setattr(layer, name, partial(_drawn, initializer))
    network = build()
    for layer, name, initializer in drawing:  # by their own names in a saved model
        setattr(layer, name, initializer)
    return network


def _drawn(
    initializer: keras.Initializer, shape: tuple[int, ...], dtype: str | None = None
) -> np.ndarray:
    """Return what an initializer draws, float32; it stands in for it while a layer is built."""
    seed, count = initializer.seed, int(np.prod(shape))
    if isinstance(initializer, keras.initializers.RandomNormal):
        values = np.float32(initializer.stddev) * normal(seed, count) + np.float32(initializer.mean)
    else:
        low, high = _bounds(initializer, shape)
        values = uniform(seed, count) * (high - low) + low
    return values.reshape(shape)


def _bounds(
    initializer: keras.Initializer, shape: tuple[int, ...]
) -> tuple[np.float32, np.float32]:
    """Return between which numbers an initializer draws."""
    if isinstance(initializer, keras.initializers.RandomUniform):
        return np.float32(initializer.minval), np.float32(initializer.maxval)
    field = int(np.prod(shape[:-2]))  # Glorot's: inputs and outputs of each unit
    limit = np.float32(np.sqrt(3.0 / max(1.0, field * (shape[-2] + shape[-1]) / 2.0)))
    return -limit, limit


def uniform(seed: int, count: int) -> np.ndarray:
    """Return what `tf.random.stateless_uniform` draws in [0, 1) for the seed (seed, 0)."""
    return _to_floats(_bits(seed, count))


def normal(seed: int, count: int) -> np.ndarray:
    """Return what `tf.random.stateless_normal` draws for the seed (seed, 0), float32."""
    bits = _bits(seed, count + count % 2).reshape(-1, 2)
    radius = np.maximum(_to_floats(bits[:, 0]), np.float32(1e-7)).astype(np.float64)
    angle = (2 * np.pi * _to_floats(bits[:, 1])).astype(np.float32).astype(np.float64)
    length = np.sqrt((-2 * np.log(radius).astype(np.float32)).astype(np.float32))
    pairs = np.stack([np.sin(angle), np.cos(angle)], axis=1).astype(np.float32)
    return (pairs * length[:, None]).ravel()[:count]


def _to_floats(bits: np.ndarray) -> np.ndarray:
    """Return numbers in [0, 1) made of the last 23 of 32 bits."""
    return ((bits & np.uint32(0x7FFFFF)) | np.uint32(127 << 23)).view(np.float32) - np.float32(1)


def _bits(seed: int, count: int) -> np.ndarray:
    """Return random bits of a seed, uint32 (count,), by Philox 4x32 (Salmon et al. 2011)."""
    mixed = _philox(np.array([[seed & 0xFFFFFFFF, seed >> 32, 0, 0]], np.uint64), KEY)[0]
    groups = np.arange(-(-count // 4), dtype=np.uint64)
    counters = np.empty((len(groups), 4), np.uint64)
    counters[:, 0], counters[:, 1] = groups & LOW, groups >> np.uint64(32)
    counters[:, 2:] = mixed[2:]
    return _philox(counters, (int(mixed[0]), int(mixed[1]))).astype(np.uint32).ravel()[:count]


def _philox(counters: np.ndarray, key: tuple[int, int]) -> np.ndarray:
    """Return the block (n, 4) of bits of each counter (n, 4), as uint64 below 2^32."""
    a, b, c, d = counters.T
    for number in range(ROUNDS):
        keys = [
            np.uint64((part + number * step) & 0xFFFFFFFF)
            for part, step in zip(key, INCREMENTS, strict=True)
        ]
        first, second = np.uint64(MULTIPLIERS[0]) * a, np.uint64(MULTIPLIERS[1]) * c
        a, b, c, d = (
            (second >> np.uint64(32)) ^ b ^ keys[0],
            second & LOW,
            (first >> np.uint64(32)) ^ d ^ keys[1],
            first & LOW,
        )
    return np.stack([a, b, c, d], axis=1)
