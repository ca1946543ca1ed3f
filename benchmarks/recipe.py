"""What every variant must do: the 2018 tutorial's networks and rates, as plain numbers."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple, Protocol

import numpy as np

BATCH = 128
LATENT = 100
GENERATOR = (LATENT, 256, 512, 1024, 784)
DISCRIMINATOR = (784, 1024, 512, 256, 1)
SLOPE = 0.2
DROPOUT = 0.3  # after each hidden layer of the discriminator
REAL_LABEL = 0.9
LEARNING_RATE, BETA_1, BETA_2, EPSILON = 2e-4, 0.5, 0.999, 1e-7  # Adam, one for each network

Layer = tuple[np.ndarray, np.ndarray]  # kernel (in, out), bias (out,)


class Weights(NamedTuple):
    """The weights of both networks, layer after layer."""

    generator: list[Layer]
    discriminator: list[Layer]


class Variant(Protocol):
    """One implementation of the step, ready to run."""

    steps_per_call: int  # `run` is called with whole multiples of it when it is timed

    def run(self, steps: int) -> None:
        """Make `steps` steps and return when they are done."""

    def weights(self) -> Weights | None:
        """Return copies of the weights, or None if the variant does not learn."""


def initial_weights(seed: int) -> Weights:
    """Return weights as the tutorial draws them: first layers N(0, 0.02), others Glorot's."""
    rng = np.random.default_rng(seed)
    return Weights(_initial_layers(GENERATOR, rng), _initial_layers(DISCRIMINATOR, rng))


def as_layers(arrays: Sequence[np.ndarray]) -> list[Layer]:
    """Return kernel, bias, kernel, bias, ... as layers."""
    return list(zip(arrays[::2], arrays[1::2], strict=True))


def work_per_step() -> float:
    """Return the floating-point operations of the matrix products that one step must do.

    The discriminator's update: G forward, D forward and backward on twice the rows. The
    generator's: both forward, D backward to its input only, G backward. No update needs the
    gradient by the first input of the network it trains.
    """
    generator, discriminator = _products(GENERATOR), _products(DISCRIMINATOR)
    first_generator, first_discriminator = _products(GENERATOR[:2]), _products(DISCRIMINATOR[:2])
    update_discriminator = generator + 2 * (3 * discriminator - first_discriminator)
    update_generator = (3 * generator - first_generator) + 2 * discriminator
    return 2.0 * BATCH * (update_discriminator + update_generator)


def _products(widths: Sequence[int]) -> int:
    """Return the multiplications that one row costs on its way through the layers."""
    return sum(a * b for a, b in pairwise(widths))


def _initial_layers(widths: Sequence[int], rng: np.random.Generator) -> list[Layer]:
    layers: list[Layer] = []
    for fan_in, fan_out in pairwise(widths):
        limit = np.sqrt(6 / (fan_in + fan_out))
        shape = fan_in, fan_out
        kernel = rng.uniform(-limit, limit, shape) if layers else rng.normal(0, 0.02, shape)
        layers.append((kernel.astype(np.float32), np.zeros(fan_out, np.float32)))
    return layers
