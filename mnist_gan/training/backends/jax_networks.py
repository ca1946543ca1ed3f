"""Networks on JAX, called with given values instead of those of their variables."""

from functools import partial
from typing import NamedTuple

import jax
import keras
from jax import numpy as jnp

from mnist_gan.training.optimizers import Optimizer
from mnist_gan.training.step import Forward

Arrays = list[jax.Array]


class Values(NamedTuple):
    """The values of a network's variables."""

    weights: Arrays  # those that are trained
    rest: Arrays  # those that only calling the network changes, as random states


class Network(NamedTuple):
    """A network, its variables that are trained, and the rest of them."""

    model: keras.Model
    weights: list[keras.Variable]
    rest: list[keras.Variable]

    @classmethod
    def of(cls, model: keras.Model, optimizer: Optimizer) -> "Network":
        """Return a network whose weights an optimizer updates, whatever else is frozen later."""
        trained = {id(variable) for variable in optimizer.variables}
        return cls(
            model,
            optimizer.variables,
            [variable for variable in model.variables if id(variable) not in trained],
        )

    def pick(self, variables: list[keras.Variable], values: Values) -> Arrays:
        """Return the values of some of the variables, in their order."""
        places = [*map(id, self.weights), *map(id, self.rest)]
        known = dict(zip(places, [*values.weights, *values.rest], strict=True))
        return [known[id(variable)] for variable in variables]


class Called:
    """A network in one update, called with given values; its calls may change the rest of them."""

    def __init__(self, network: Network, values: Values, forward: Forward) -> None:
        self._network, self.values, self._forward = network, values, forward

    def __call__(self, samples: jax.Array, key: jax.Array) -> jax.Array:
        """Return the outputs (n, m) of samples (n, features), and keep what the call changes."""
        outputs, rest = self.pure(samples, key)
        self.values = self.values._replace(rest=rest)
        return outputs

    def pure(self, samples: jax.Array, key: jax.Array) -> tuple[jax.Array, Arrays]:
        """Return the outputs, and what the call makes of the rest of the values."""
        model, weights, rest = self._network
        pairs = [*zip(weights, self.values.weights, strict=True)]
        pairs += zip(rest, self.values.rest, strict=True)
        with keras.StatelessScope(state_mapping=pairs) as scope:
            outputs = self._forward(model, samples, key)
        return outputs, [scope.get_current_value(variable) for variable in rest]


class Critic:
    """The discriminator of a step in one update, for a penalty."""

    def __init__(self, network: Called, key: jax.Array, batch_size: int, classes: int) -> None:
        self.network, self._key = network, key
        self._batch_size, self._classes = batch_size, classes

    def logits(self, samples: jax.Array) -> jax.Array:
        """Return the logits: see `penalties.Critic`."""
        return self.network(samples, self._key)

    def judge(self, real: jax.Array, fake: jax.Array, *, apart: bool) -> jax.Array:
        """Return the logits (2 batch, 1) of real and fake samples, seen together or apart."""
        if not apart:
            return self.logits(jnp.concatenate([real, fake], axis=0))
        logits = self.logits(real)
        fake_logits = self.network(fake, jax.random.fold_in(self._key, 1))
        return jnp.concatenate([logits, fake_logits], axis=0)

    def logits_and_squared_norms(self, samples: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Return the logits and the squared norms of their gradients by the images, likewise."""
        network = self.network
        call = partial(network.pure, key=self._key)
        logits, pull, rest = jax.vjp(call, samples, has_aux=True)
        network.values = network.values._replace(rest=rest)
        (gradients,) = pull(jnp.ones_like(logits))
        if self._classes:
            gradients = gradients[:, : -self._classes]
        return logits, jnp.sum(gradients**2, axis=1)

    def uniform(self) -> jax.Array:
        """Return random numbers in [0, 1), likewise."""
        return jax.random.uniform(self._key, (self._batch_size, 1))
