"""Adam and SGD on JAX, as functions from values to values."""

from collections.abc import Iterable

import jax
import keras
import numpy as np
from jax import numpy as jnp

from mnist_gan.objectives.schedules import Schedule, scheduled
from mnist_gan.training.step import Optimizer as Base

Arrays = list[jax.Array]


class Adam(Base):
    """Adam, with the arithmetic of `keras.optimizers.Adam`.

    It owns its moments and the number of updates.

    Args:
        variables: The variables to update.
        learning_rate: The learning rate, or a schedule over the updates.
        beta_1: Decay of the first moments.
        beta_2: Decay of the second moments.
        epsilon: Added to the root of the second moments.

    Kingma & Ba 2015, algorithm 1.
    """

    def __init__(
        self,
        variables: Iterable[keras.Variable],
        learning_rate: float | Schedule,
        beta_1: float,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
    ) -> None:
        super().__init__(variables, learning_rate)
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon
        self.iterations = _counter()
        self.means = [_zeros_like(variable) for variable in self.variables]
        self.variances = [_zeros_like(variable) for variable in self.variables]

    @property
    def state(self) -> list[keras.Variable]:
        """The number of updates and the moments."""
        return [self.iterations, *self.means, *self.variances]

    def apply(self, weights: Arrays, state: Arrays, gradients: Arrays) -> tuple[Arrays, Arrays]:
        """Return weights and the values of `state` after an update with the gradients."""
        updates, *moments = state
        count = (updates + 1).astype("float32")
        corrections = 1 - self.beta_1**count, 1 - self.beta_2**count
        rate = self.rate(updates) * jnp.sqrt(corrections[1]) / corrections[0]
        size = len(weights)
        means = [m + (1 - self.beta_1) * (g - m) for m, g in _pairs(moments[:size], gradients)]
        variances = [
            v + (1 - self.beta_2) * (g * g - v) for v, g in _pairs(moments[size:], gradients)
        ]
        after = [
            w - rate * m / (jnp.sqrt(v) + self.epsilon)
            for w, m, v in zip(weights, means, variances, strict=True)
        ]
        return after, [updates + 1, *means, *variances]


class Sgd(Base):
    """SGD with momentum, as `keras.optimizers.SGD` computes it.

    It owns its velocities and the number of updates.

    Args:
        variables: The variables to update.
        learning_rate: The learning rate, or a schedule over the updates.
        momentum: The momentum, or a schedule over the updates.

    Polyak 1964.
    """

    def __init__(
        self,
        variables: Iterable[keras.Variable],
        learning_rate: float | Schedule,
        momentum: float | Schedule,
    ) -> None:
        super().__init__(variables, learning_rate)
        self.momentum = scheduled(momentum)
        self.iterations = _counter()
        self.velocities = [_zeros_like(variable) for variable in self.variables]

    @property
    def state(self) -> list[keras.Variable]:
        """The number of updates and the velocities."""
        return [self.iterations, *self.velocities]

    def apply(self, weights: Arrays, state: Arrays, gradients: Arrays) -> tuple[Arrays, Arrays]:
        """Return weights and the values of `state` after an update with the gradients."""
        updates, *velocities = state
        rate, momentum = self.rate(updates), self.momentum(updates)
        velocities = [momentum * v - rate * g for v, g in _pairs(velocities, gradients)]
        return [w + v for w, v in _pairs(weights, velocities)], [updates + 1, *velocities]


def _pairs(first: Arrays, second: Arrays) -> "zip[tuple[jax.Array, jax.Array]]":
    return zip(first, second, strict=True)


def _counter() -> keras.Variable:
    return keras.Variable(np.zeros((), "int32"), dtype="int32", trainable=False)


def _zeros_like(variable: keras.Variable) -> keras.Variable:
    return keras.Variable(np.zeros(variable.shape, variable.dtype), trainable=False)
