"""One adversarial update: everything it reads or changes is a named field of `GanStep`."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from mnist_gan.forward import forward
from mnist_gan.objectives import Objective

MEASURES = ("discriminator_loss", "generator_loss", "real_score", "fake_score")
DTYPES = {"float32": tf.float32, "mixed_bfloat16": tf.bfloat16}  # of the products


class Adam:
    """Adam (Kingma & Ba 2015, algorithm 1) as one fused kernel per variable.

    Owns its moments and the count of updates; the arithmetic is that of `keras.optimizers.Adam`.
    """

    def __init__(
        self,
        variables: Sequence[keras.Variable],
        learning_rate: float,
        beta_1: float,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
    ) -> None:
        self.variables = [variable.value for variable in variables]
        self.learning_rate, self.beta_1, self.beta_2 = learning_rate, beta_1, beta_2
        self.epsilon = epsilon
        self.iterations = tf.Variable(0, dtype=tf.int64, trainable=False)
        self.means = [_zeros_like(variable) for variable in self.variables]
        self.variances = [_zeros_like(variable) for variable in self.variables]

    @property
    def state(self) -> list[tf.Variable]:
        """All that an update changes, beside the variables themselves."""
        return [self.iterations, *self.means, *self.variances]

    def apply(self, gradients: Sequence[tf.Tensor]) -> None:
        """Update each variable by its gradient."""
        count = tf.cast(self.iterations.assign_add(1), tf.float32)
        powers = tf.pow(self.beta_1, count), tf.pow(self.beta_2, count)
        slots = zip(self.variables, self.means, self.variances, gradients, strict=True)
        for variable, mean, variance, gradient in slots:
            tf.raw_ops.ResourceApplyAdam(
                var=variable.handle,
                m=mean.handle,
                v=variance.handle,
                beta1_power=powers[0],
                beta2_power=powers[1],
                lr=self.learning_rate,
                beta1=self.beta_1,
                beta2=self.beta_2,
                epsilon=self.epsilon,
                grad=gradient,
            )


class GanStep:
    """The networks, their optimizers and their random state, and the update that changes them.

    Each update owns the variables it was given when the step was made, so freezing a network
    later changes nothing. Every draw, dropout masks included, is a function of (seed, stream,
    count of updates), so that nothing random is hidden. `precision` is that of the products
    ("float32" or "mixed_bfloat16"); weights, moments and losses are float32 either way.
    """

    def __init__(  # noqa: PLR0913 - everything one update reads or changes
        self,
        generator: keras.Sequential,
        discriminator: keras.Sequential,
        generator_optimizer: Adam,
        discriminator_optimizer: Adam,
        objective: Objective,
        *,
        batch_size: int = 128,
        discriminator_steps: int = 1,
        seed: int = 0,
        precision: str = "float32",
    ) -> None:
        self.generator, self.discriminator = generator, discriminator
        self.generator_optimizer = generator_optimizer
        self.discriminator_optimizer = discriminator_optimizer
        self.objective = objective
        self.batch_size, self.discriminator_steps = batch_size, discriminator_steps
        self.seed = seed
        self.dtype = DTYPES[precision]
        self.latent_size = generator.input_shape[-1]

    @property
    def count(self) -> int:
        """How many steps have been made."""
        return int(self.generator_optimizer.iterations.numpy())

    @property
    def warm_ups(self) -> int:
        """How many updates the discriminator has had beside those of the steps."""
        updates = int(self.discriminator_optimizer.iterations.numpy())
        return updates - self.count * self.discriminator_steps

    @tf.function
    def run(self, images: tf.Tensor, steps: tf.Tensor) -> tf.Tensor:
        """Make `steps` adversarial steps and return the sum over them of each of MEASURES.

        `images` are the real ones, float32 (n, 784) in [-1, 1]; the sum has shape (4,).
        """
        total = tf.zeros(len(MEASURES))
        for _ in tf.range(steps):
            for _ in range(self.discriminator_steps):
                verdict = self.discriminator_update(images)
            total += tf.stack([verdict[0], self.generator_update(), verdict[1], verdict[2]])
        return total

    @tf.function
    def warm_up(self, images: tf.Tensor, steps: tf.Tensor) -> None:
        """Make `steps` updates of the discriminator alone."""
        for _ in tf.range(steps):
            self.discriminator_update(images)

    def discriminator_update(self, images: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Train D once on fresh real and fake images; return its loss and both mean scores."""
        optimizer = self.discriminator_optimizer
        real = tf.gather(images, self._choice(len(images)))  # (batch, 784)
        fake = self._generate(self._key(optimizer, stream=1))  # (batch, 784)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(optimizer.variables)
            shown = tf.concat([real, fake], axis=0)
            logits = self._judge(shown, self._key(optimizer, stream=3))  # (2 * batch, 1)
            real_logits, fake_logits = tf.split(logits, 2)  # (batch, 1) each
            loss = self.objective.discriminator(real_logits, fake_logits)
        optimizer.apply(tape.gradient(loss, optimizer.variables))
        return loss, _score(real_logits), _score(fake_logits)

    def generator_update(self) -> tf.Tensor:
        """Train G once through D, which stays as it is; return its loss."""
        optimizer = self.generator_optimizer
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(optimizer.variables)
            fake = self._generate(self._key(optimizer, stream=2))  # (batch, 784)
            logits = self._judge(fake, self._key(optimizer, stream=4))  # (batch, 1)
            loss = self.objective.generator(logits)
        optimizer.apply(tape.gradient(loss, optimizer.variables))
        return loss

    def state(self) -> dict[str, np.ndarray]:
        """Return copies of all that training changes, under stable names."""
        return {name: variable.numpy() for name, variable in self._variables().items()}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Take over a state that `state` returned; raises KeyError or ValueError if it differs."""
        for name, variable in self._variables().items():
            variable.assign(state[name])

    def _variables(self) -> dict[str, tf.Variable]:
        """Return every variable of the step by name."""
        owners: dict[str, list[Any]] = {
            "generator": [variable.value for variable in self.generator.variables],
            "discriminator": [variable.value for variable in self.discriminator.variables],
            "generator_optimizer": self.generator_optimizer.state,
            "discriminator_optimizer": self.discriminator_optimizer.state,
        }
        return {f"{name}/{i}": v for name, owned in owners.items() for i, v in enumerate(owned)}

    def _choice(self, n: int) -> tf.Tensor:
        """Return the indices (batch,) of the real images of the next update, drawn at random."""
        key = self._key(self.discriminator_optimizer, stream=0)
        return tf.random.stateless_uniform([self.batch_size], key, maxval=n, dtype=tf.int32)

    def _generate(self, key: tf.Tensor) -> tf.Tensor:
        """Return G's images (batch, 784) of fresh latents."""
        latents = tf.random.stateless_normal([self.batch_size, self.latent_size], key)
        return forward(self.generator, latents, key, self.dtype)

    def _judge(self, images: tf.Tensor, key: tf.Tensor) -> tf.Tensor:
        """Return D's logits (n, 1) of images (n, 784)."""
        return forward(self.discriminator, images, key, self.dtype)

    def _key(self, optimizer: Adam, stream: int) -> tf.Tensor:
        """Return the random key of one stream at the optimizer's next update."""
        return tf.random.fold_in(tf.constant([self.seed, stream]), optimizer.iterations)


def _score(logits: tf.Tensor) -> tf.Tensor:
    """Return the mean probability of "real" that logits (batch, 1) stand for."""
    return tf.reduce_mean(tf.sigmoid(logits))


def _zeros_like(variable: tf.Variable) -> tf.Variable:
    return tf.Variable(tf.zeros_like(variable), trainable=False)
