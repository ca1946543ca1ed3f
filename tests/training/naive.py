"""The updates as a text would write them: eager, one after the other, through Keras alone.

Both backends are compared with these. Only the draws are those of the step.
"""

from collections.abc import Callable
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
    g, d = step.generator, step.discriminator
    total = np.zeros(2)
    for update in range(steps):
        real = _real(step, images, update, Stream.REAL)
        fake = g(_noise(step, update, Stream.FAKE_FOR_DISCRIMINATOR))
        share = _share(step, update)
        d_loss = partial(lambda real, fake: DISCRIMINATOR[losses](d(real), d(fake)), real, fake)
        total[0] += float(d_loss())
        whole = d_loss
        if penalty:
            whole = partial(_penalised, d_loss, partial(PENALTIES[penalty], d, real, fake, share))
        optimizers[0].apply(_gradients(whole, d), d.trainable_variables)
        real = _real(step, images, update, Stream.REAL_FOR_GENERATOR)
        noise = _noise(step, update, Stream.FAKE_FOR_GENERATOR)
        g_loss = partial(lambda real, noise: GENERATOR[losses](d(real), d(g(noise))), real, noise)
        total[1] += float(g_loss())
        optimizers[1].apply(_gradients(g_loss, g), g.trainable_variables)
    return total


def _penalised(loss: Callable[[], Any], penalty: Callable[[], Any]) -> Any:
    return loss() + PENALTY_WEIGHT * penalty()


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


def _gradients(loss: Callable[[], Any], network: keras.Model) -> list[Any]:
    """Return the gradients of a loss by the weights of a network."""
    variables = network.trainable_variables
    if keras.backend.backend() == "jax":
        import jax

        def of(weights: list[Any]) -> Any:
            with keras.StatelessScope(state_mapping=list(zip(variables, weights, strict=True))):
                return loss()

        return jax.grad(of)([variable.value for variable in variables])
    import tensorflow as tf

    with tf.GradientTape() as tape:
        value = loss()
    return tape.gradient(value, [variable.value for variable in variables])


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
