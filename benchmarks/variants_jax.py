"""The same step in JAX: compiled, many steps in one `lax.scan`, Adam by hand."""

from functools import partial
from typing import Any, NamedTuple

import jax
import numpy as np
from jax import numpy as jnp

from benchmarks.recipe import (
    BATCH,
    BETA_1,
    BETA_2,
    DROPOUT,
    EPSILON,
    LATENT,
    LEARNING_RATE,
    REAL_LABEL,
    SLOPE,
    Weights,
    initial_weights,
)

Tree = Any  # a nest of arrays


class Player(NamedTuple):
    """One network and its optimizer: what one update changes."""

    weights: Tree
    mean: Tree
    variance: Tree


class State(NamedTuple):
    """All that a step changes."""

    generator: Player
    discriminator: Player
    count: jax.Array
    key: jax.Array


class Jax:
    """Calls of a compiled scan."""

    steps_per_call = 25

    def __init__(self, images: np.ndarray, seed: int, precision: str) -> None:
        self.images = jnp.asarray(images)
        self.dtype = jnp.dtype(precision)
        weights = initial_weights(seed)
        players = _player(weights.generator), _player(weights.discriminator)
        self.state = State(*players, jnp.zeros(()), jax.random.key(seed))

    def run(self, steps: int) -> None:
        """Make steps; another length of call is compiled anew."""
        for done in range(0, steps, self.steps_per_call):
            length = min(self.steps_per_call, steps - done)
            self.state = _run(self.state, self.images, length, self.dtype)
        jax.block_until_ready(self.state)

    def weights(self) -> Weights:
        """Return copies of the weights."""
        return Weights(_copy(self.state.generator.weights), _copy(self.state.discriminator.weights))


@partial(jax.jit, static_argnums=(2, 3), donate_argnums=0)
def _run(state: State, images: jax.Array, steps: int, dtype: Any) -> State:
    """Make `steps` steps."""

    def body(state: State, _: None) -> tuple[State, None]:
        return _step(state, images, dtype), None

    return jax.lax.scan(body, state, length=steps)[0]


def _step(state: State, images: jax.Array, dtype: Any) -> State:
    """Train D once, then G once through it."""
    keys = jax.random.split(jax.random.fold_in(state.key, state.count), 5)
    generator, discriminator, count, key = state
    count += 1
    real = images[jax.random.randint(keys[0], (BATCH,), 0, len(images))]  # (batch, 784)
    noise = jax.random.normal(keys[1], (2, BATCH, LATENT))
    fake = _generate(generator.weights, noise[0], dtype)  # (batch, 784)
    rows = jnp.concatenate([real.astype(dtype), fake])
    gradient = jax.grad(_discriminator_loss)(discriminator.weights, rows, keys[2], dtype)
    discriminator = _adam(discriminator, gradient, count)
    gradient = jax.grad(_generator_loss)(
        generator.weights, discriminator.weights, noise[1], keys[3], dtype
    )
    return State(_adam(generator, gradient, count), discriminator, count, key)


def _discriminator_loss(weights: Tree, rows: jax.Array, key: jax.Array, dtype: Any) -> jax.Array:
    """Return the mean cross-entropy over real and fake rows (2 batch, 784)."""
    real, fake = jnp.split(_judge(weights, rows, key, dtype), 2)
    softplus = jax.nn.softplus
    loss_real = REAL_LABEL * softplus(-real) + (1 - REAL_LABEL) * softplus(real)
    return (loss_real.mean() + softplus(fake).mean()) / 2


def _generator_loss(
    weights: Tree, discriminator: Tree, noise: jax.Array, key: jax.Array, dtype: Any
) -> jax.Array:
    """Return the cross-entropy of fakes labelled real."""
    fake = _generate(weights, noise, dtype)
    return jax.nn.softplus(-_judge(discriminator, fake, key, dtype)).mean()


def _generate(weights: Tree, noise: jax.Array, dtype: Any) -> jax.Array:
    """Return images (n, 784) of latents (n, latent)."""
    values = noise.astype(dtype)
    for kernel, bias in weights[:-1]:
        values = jax.nn.leaky_relu(_dense(values, kernel, bias), SLOPE)
    return jnp.tanh(_dense(values, *weights[-1]))


def _judge(weights: Tree, values: jax.Array, key: jax.Array, dtype: Any) -> jax.Array:
    """Return float32 logits (n, 1) of images (n, 784)."""
    for kernel, bias in weights[:-1]:
        values = jax.nn.leaky_relu(_dense(values, kernel, bias), SLOPE)
        key, mask = jax.random.split(key)
        kept = jax.random.bernoulli(mask, 1 - DROPOUT, values.shape)
        values = jnp.where(kept, values / (1 - DROPOUT), 0).astype(dtype)
    return _dense(values, *weights[-1]).astype(jnp.float32)


def _dense(values: jax.Array, kernel: jax.Array, bias: jax.Array) -> jax.Array:
    """Return a dense layer's output in the precision of `values`."""
    return values @ kernel.astype(values.dtype) + bias.astype(values.dtype)


def _adam(player: Player, gradient: Tree, count: jax.Array) -> Player:
    """Return the player after its update number `count`."""
    tree = jax.tree.map
    mean = tree(lambda m, g: m + (1 - BETA_1) * (g - m), player.mean, gradient)
    variance = tree(lambda v, g: v + (1 - BETA_2) * (g * g - v), player.variance, gradient)
    rate = LEARNING_RATE * jnp.sqrt(1 - BETA_2**count) / (1 - BETA_1**count)
    weights = tree(
        lambda w, m, v: w - rate * m / (jnp.sqrt(v) + EPSILON), player.weights, mean, variance
    )
    return Player(weights, mean, variance)


def _player(layers: Tree) -> Player:
    """Return a player with these weights; donated buffers must not be shared."""
    return Player(*(jax.tree.map(jnp.array, tree) for tree in (layers, *2 * [_zeros(layers)])))


def _zeros(tree: Tree) -> Tree:
    return jax.tree.map(np.zeros_like, tree)


def _copy(tree: Tree) -> Tree:
    return jax.tree.map(np.array, tree)
