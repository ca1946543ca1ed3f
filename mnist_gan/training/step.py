"""What the step of every backend is given, and its random streams."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import keras

MEASURES = ("discriminator_loss", "generator_loss", "real_score", "fake_score")


class Stream(IntEnum):
    """The random streams of the updates; each draw is a function of seed, stream and update."""

    REAL = 0  # which real samples the discriminator learns from
    FAKE_FOR_DISCRIMINATOR = 1  # latents and dropout of the fake ones it learns from
    FAKE_FOR_GENERATOR = 2  # latents and dropout of those from which the generator learns
    DISCRIMINATOR = 3  # dropout in the discriminator while it learns, and points of a penalty
    DISCRIMINATOR_FOR_GENERATOR = 4  # dropout in the discriminator while the generator learns
    REAL_FOR_GENERATOR = 5  # real samples that fake ones are compared with, or share classes with


class StepSettings(NamedTuple):
    """The numbers of a step.

    Args:
        batch_size: Real samples in an update, and as many fake ones.
        discriminator_updates: Updates of the discriminator in a step.
        generator_updates: Updates of the generator in a step.
        noise: The distribution of latents: one of `noise.INPUTS`.
        seed: Of batches, latents and dropout.
    """

    batch_size: int = 128
    discriminator_updates: int = 1
    generator_updates: int = 1
    noise: str = "normal"
    seed: int = 0


class Ema(NamedTuple):
    """A network like the generator that follows its weights as an exponential moving average."""

    network: keras.Model
    decay: float = 0.999  # less during the first updates (Yazici et al. 2019)
