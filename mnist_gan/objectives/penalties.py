"""Penalties on the discriminator's input gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from mnist_gan.objectives.schedules import Schedule
from mnist_gan.support.lazy import ops

TINY = 1e-12  # keeps the root of a squared norm of 0 from having an infinite derivative

Tensor = Any  # whatever tensor the Keras backend has


class Critic(Protocol):
    """A discriminator in one update."""

    def logits(self, samples: Tensor) -> Tensor:
        """Return the logits (n, 1) of samples (n, features)."""

    def logits_and_squared_norms(self, samples: Tensor) -> tuple[Tensor, Tensor]:
        """Return the logits (n, 1), and the squared norms (n,) of their gradients by the images."""

    def uniform(self) -> Tensor:
        """Return random numbers (batch, 1) in [0, 1)."""


PenaltyFunction = Callable[[Critic, Tensor, Tensor], tuple[Tensor, Tensor]]


class Penalty(NamedTuple):
    """A penalty and its weight.

    The function takes a critic, real samples and fake samples, (batch, features) each. It returns
    the logits (2 batch, 1) of both, real ones first, and the penalty, a scalar.
    """

    function: PenaltyFunction
    weight: Schedule


def r1_r2(critic: Critic, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    """Keep input gradients near 0 at real and fake images.

    The penalty is the mean of |grad D|^2: half of it over real, half over as many fake images.
    These are R1 and R2 of Mescheder et al. 2018.

    Args:
        critic: The discriminator.
        real: Real samples (batch, features).
        fake: Fake samples (batch, features).

    Returns:
        The logits (2 batch, 1) of both, and the penalty.
    """
    logits, squares = critic.logits_and_squared_norms(ops.concatenate([real, fake], axis=0))
    return logits, ops.mean(squares)


def wgan_gp(critic: Critic, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    """Keep the norm of input gradients near 1 between real and fake images.

    The penalty is the mean of (|grad D| - 1)^2 at random points between pairs of both. Gulrajani et
    al. 2017.

    Args:
        critic: The discriminator.
        real: Real samples (batch, features).
        fake: Fake samples (batch, features).

    Returns:
        The logits (2 batch, 1) of both, and the penalty.
    """
    _, squares = critic.logits_and_squared_norms(real + critic.uniform() * (fake - real))
    norms = ops.sqrt(squares + TINY)
    return critic.logits(ops.concatenate([real, fake], axis=0)), ops.mean((norms - 1) ** 2)


PENALTIES: dict[str, PenaltyFunction] = {"r1_r2": r1_r2, "wgan_gp": wgan_gp}
