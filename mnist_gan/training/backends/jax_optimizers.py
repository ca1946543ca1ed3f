"""Adam and SGD on JAX, as functions from values to values."""

import jax
import keras
import numpy as np
from jax import numpy as jnp

from mnist_gan.training.optimizers import AdamBase, Optimizer, SgdBase

Arrays = list[jax.Array]


class _OfVariables(Optimizer):
    """An optimizer whose state is kept in Keras's variables, for their names and copies."""

    @staticmethod
    def counter() -> keras.Variable:
        """Return a variable that counts from 0."""
        return keras.Variable(np.zeros((), "int32"), dtype="int32", trainable=False)

    @staticmethod
    def zeros_like(variable: keras.Variable) -> keras.Variable:
        """Return a variable of zeros in the shape of another."""
        return keras.Variable(np.zeros(variable.shape, variable.dtype), trainable=False)


class Adam(_OfVariables, AdamBase):  # noqa: D101 - it has that of its base
    __doc__ = AdamBase.__doc__

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


class Sgd(_OfVariables, SgdBase):  # noqa: D101 - it has that of its base
    __doc__ = SgdBase.__doc__

    def apply(self, weights: Arrays, state: Arrays, gradients: Arrays) -> tuple[Arrays, Arrays]:
        """Return weights and the values of `state` after an update with the gradients."""
        updates, *velocities = state
        rate, momentum = self.rate(updates), self.momentum(updates)
        velocities = [momentum * v - rate * g for v, g in _pairs(velocities, gradients)]
        return [w + v for w, v in _pairs(weights, velocities)], [updates + 1, *velocities]


def _pairs(first: Arrays, second: Arrays) -> "zip[tuple[jax.Array, jax.Array]]":
    return zip(first, second, strict=True)
