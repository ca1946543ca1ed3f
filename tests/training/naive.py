"""The updates as a text would write them: eager, one after the other, through Keras alone.

Both backends are compared with these. Only the draws are those of the step.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import ops

from mnist_gan.training.step import Step, Stream

Loss = Callable[[Any, Any], Any]

DISCRIMINATOR: dict[str, Loss] = {  # its loss, from real and fake logits, as in the papers
    "non_saturating": lambda real, fake: (
        (
            ops.mean(0.9 * ops.softplus(-real) + 0.1 * ops.softplus(real))
            + ops.mean(ops.softplus(fake))
        )
        / 2
    ),
    "minimax": lambda real, fake: (
        (
            ops.mean(0.9 * ops.softplus(-real) + 0.1 * ops.softplus(real))
            + ops.mean(ops.softplus(fake))
        )
        / 2
    ),
    "least_squares": lambda real, fake: (
        ops.mean(ops.square(real - 1)) / 2 + ops.mean(ops.square(fake)) / 2
    ),
    "hinge": lambda real, fake: (
        ops.mean(ops.maximum(0.0, 1 - real)) + ops.mean(ops.maximum(0.0, 1 + fake))
    ),
    "wasserstein": lambda real, fake: ops.mean(fake) - ops.mean(real),
    "relativistic": lambda real, fake: ops.mean(ops.log(1 + ops.exp(fake - real))),
}
GENERATOR: dict[str, Loss] = {
    "non_saturating": lambda real, fake: -ops.mean(ops.log(ops.sigmoid(fake))),
    "minimax": lambda real, fake: ops.mean(ops.log(1 - ops.sigmoid(fake))),
    "least_squares": lambda real, fake: ops.mean(ops.square(fake - 1)) / 2,
    "hinge": lambda real, fake: -ops.mean(fake),
    "wasserstein": lambda real, fake: -ops.mean(fake),
    "relativistic": lambda real, fake: ops.mean(ops.log(1 + ops.exp(real - fake))),
}


PENALTY_WEIGHT = 15.0


def train(
    step: Step,
    images: np.ndarray,
    steps: int,
    losses: str,
    penalty: str | None,
    optimizers: tuple[keras.optimizers.Optimizer, keras.optimizers.Optimizer],
) -> np.ndarray:
    """Train the networks of a step; return the sums of D's and of G's losses.

    Args:
        step: The step, whose networks have no dropout and no second input.
        images: The real images (n, 784).
        steps: How many.
        losses: Which, a key of DISCRIMINATOR and GENERATOR.
        penalty: A key of PENALTIES, weighted by PENALTY_WEIGHT; None for none.
        optimizers: Keras's, of D and of G.
    """
    g, d = (partial(each, training=True) for each in (step.generator, step.discriminator))
    total = np.zeros(2)
    for update in range(steps):
        real = _real(step, images, update, Stream.REAL)
        fake = g(_noise(step, update, Stream.FAKE_FOR_DISCRIMINATOR))
        share = _share(step, update)

        def d_loss(real: Any = real, fake: Any = fake, share: Any = share) -> tuple[Any, Any]:
            loss = DISCRIMINATOR[losses](*_judged(step.discriminator, real, fake))
            return _penalised(
                loss, PENALTIES[penalty](d, real, fake, share) if penalty else 0
            ), loss

        total[0] += _update(d_loss, step.discriminator, [step.discriminator], optimizers[0])
        real = _real(step, images, update, Stream.REAL_FOR_GENERATOR)
        noise = _noise(step, update, Stream.FAKE_FOR_GENERATOR)

        def g_loss(real: Any = real, noise: Any = noise) -> tuple[Any, Any]:
            loss = GENERATOR[losses](d(real), d(g(noise)))
            return loss, loss

        total[1] += _update(
            g_loss, step.generator, [step.generator, step.discriminator], optimizers[1]
        )
    return total


def _judged(d: keras.Model, real: Any, fake: Any) -> Any:
    """Return D's logits of real and of fake images, seen apart where it normalizes over a batch."""
    if any(isinstance(layer, keras.layers.BatchNormalization) for layer in d.layers):
        return d(real, training=True), d(fake, training=True)
    return ops.split(d(ops.concatenate([real, fake]), training=True), 2)


def _penalised(loss: Any, penalty: Any) -> Any:
    return loss + PENALTY_WEIGHT * penalty


def _r1_r2(d: keras.Model, real: Any, fake: Any, share: Any) -> Any:
    """Return half the mean squared slope at real images, and half that at fake ones."""
    squares = [ops.sum(ops.square(_slopes(d, images)), axis=1) for images in (real, fake)]
    return ops.mean(squares[0]) / 2 + ops.mean(squares[1]) / 2


def _wgan_gp(d: keras.Model, real: Any, fake: Any, share: Any) -> Any:
    """Return the mean squared distance of the slope's length from 1, between real and fake."""
    lengths = ops.norm(_slopes(d, share * fake + (1 - share) * real), axis=1)
    return ops.mean(ops.square(lengths - 1))


PENALTIES = {"r1_r2": _r1_r2, "wgan_gp": _wgan_gp}


def _slopes(d: keras.Model, images: Any) -> Any:
    """Return the gradients (n, 784) of D's logits by the images."""
    if keras.backend.backend() == "jax":
        import jax

        return jax.grad(lambda images: ops.sum(d(images)))(images)
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch(images)
        logits = d(images)
    return tape.gradient(logits, images)


def _update(
    losses: Callable[[], tuple[Any, Any]],
    network: keras.Model,
    called: Sequence[keras.Model],
    optimizer: keras.optimizers.Optimizer,
) -> float:
    """Update the weights of a network by the first of two losses; return the second.

    Args:
        losses: Computes both; what its calls change in the networks remains changed.
        network: The network.
        called: The networks that it calls.
        optimizer: Keras's.
    """
    variables = network.trainable_variables
    if keras.backend.backend() == "jax":
        import jax

        rest = [variable for each in called for variable in each.non_trainable_variables]

        def of(weights: list[Any]) -> Any:
            pairs = list(zip(variables, weights, strict=True))
            with keras.StatelessScope(state_mapping=pairs) as scope:
                total, loss = losses()
            return total, (loss, [scope.get_current_value(variable) for variable in rest])

        weights = [variable.value for variable in variables]
        gradients, (loss, changed) = jax.grad(of, has_aux=True)(weights)
        for variable, value in zip(rest, changed, strict=True):
            if value is not None:  # which was not changed
                variable.assign(value)
    else:
        import tensorflow as tf

        with tf.GradientTape() as tape:
            total, loss = losses()
        gradients = tape.gradient(total, [variable.value for variable in variables])
    optimizer.apply(gradients, variables)
    return float(loss)


def _real(step: Step, images: np.ndarray, update: int, stream: Stream) -> Any:
    return step._sample_real(ops.convert_to_tensor(images), _key(step, update, stream))


def _noise(step: Step, update: int, stream: Stream) -> Any:
    """Return normal latents (batch, latent) of the documented key."""
    shape, key = (step.settings.batch_size, step.latent_size), _key(step, update, stream)
    if keras.backend.backend() == "jax":
        import jax

        return jax.random.normal(key, shape)
    import tensorflow as tf

    return tf.random.stateless_normal(shape, key)


def _share(step: Step, update: int) -> Any:
    """Return how far between real and fake images (batch, 1) the slope of a penalty is taken."""
    shape, key = (step.settings.batch_size, 1), _key(step, update, Stream.DISCRIMINATOR)
    if keras.backend.backend() == "jax":
        import jax

        return jax.random.uniform(key, shape)
    import tensorflow as tf

    return tf.random.stateless_uniform(shape, key)


def _key(step: Step, update: int, stream: Stream) -> Any:
    """Return the random key of a stream after so many updates."""
    if keras.backend.backend() == "jax":
        from mnist_gan.training.backends.jax import stream_key

        return stream_key(step.key, np.int64(update), stream)
    return step._key(np.int64(update), stream)
