"""`GanStep`: one update of both networks, and everything it changes."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from mnist_gan.noise import BOUND, codes
from mnist_gan.training.backends.tensorflow_kernels import forward
from mnist_gan.training.backends.tensorflow_optimizers import Optimizer
from mnist_gan.training.objectives import Objective
from mnist_gan.training.schedules import Schedule

MEASURES = ("discriminator_loss", "generator_loss", "real_score", "fake_score")
TINY = 1e-12  # keeps the root of a slope of 0 from having an endless one itself
DTYPES = {"float32": tf.float32, "mixed_bfloat16": tf.bfloat16}  # of the products


def _normal_and_categorical(shape: list[int], key: tf.Tensor) -> tf.Tensor:
    """Return latents (batch, latent), the first fifth of which is a categorical code."""
    batch, size = shape
    known = codes(size)
    chosen = tf.random.stateless_uniform([batch], key, maxval=len(known), dtype=tf.int32)
    rest = tf.random.stateless_normal([batch, size - len(known)], tf.random.fold_in(key, 1))
    return tf.concat([tf.gather(known, chosen), rest], axis=1)


NOISES = {  # of mean 0 and deviation 1: what makes latents (batch, latent) from a shape and a key
    "normal": tf.random.stateless_normal,
    "uniform": partial(tf.random.stateless_uniform, minval=-BOUND, maxval=BOUND),
    "normal+categorical": _normal_and_categorical,
}


class GanStep:
    """The networks, their optimizers and their random state, and the update that changes them.

    Each update owns the variables it was given when the step was made, so freezing a network
    later changes nothing. Every draw, dropout masks included, is a function of (seed, stream,
    count of updates), so that nothing random is hidden. `precision` is that of the products
    ("float32" or "mixed_bfloat16"); weights, moments and losses are float32 either way.
    `penalty` weighs the slopes of D as a function of D's updates; its kind is "r1_r2"
    (they should be 0 at real and fake images: R1 and R2, Mescheder et al. 2018) or "wgan_gp"
    (1 in length between them, Gulrajani et al. 2017). `average` is a network like the generator,
    which follows its weights as a running mean with this `decay` (Yazici et al. 2019), shorter at
    first. A step is so many updates of either network; `noise` is one of NOISES. Where the networks
    have a second input, they are told the classes, which stand beside the real images.
    """

    def __init__(  # noqa: PLR0913 - everything one update reads or changes
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        generator_optimizer: Optimizer,
        discriminator_optimizer: Optimizer,
        objective: Objective,
        *,
        batch_size: int = 128,
        discriminator_updates: int = 1,
        generator_updates: int = 1,
        noise: str = "normal",
        seed: int = 0,
        precision: str = "float32",
        penalty: Schedule | None = None,
        penalty_kind: str = "r1_r2",
        average: keras.Model | None = None,
        decay: float = 0.999,
    ) -> None:
        self.generator, self.discriminator = generator, discriminator
        self.generator_optimizer = generator_optimizer
        self.discriminator_optimizer = discriminator_optimizer
        self.objective = objective
        self.batch_size = batch_size
        self.discriminator_updates, self.generator_updates = (
            discriminator_updates,
            generator_updates,
        )
        self.noise = NOISES[noise]
        self.seed = seed
        self.dtype = DTYPES[precision]
        self.penalty, self.penalty_kind = penalty, penalty_kind
        self.average, self.decay = average, decay
        self.latent_size, *classes = (rows.shape[-1] for rows in generator.inputs)
        self.classes = sum(classes)  # 0, where there is no second input

    @property
    def drawing_generator(self) -> keras.Model:
        """The generator that is worth looking at: the averaged one, where there is one."""
        return self.average or self.generator

    @property
    def count(self) -> int:
        """How many steps have been made."""
        return int(self.generator_optimizer.iterations.numpy()) // self.generator_updates

    @property
    def pretrain_updates(self) -> int:
        """How many updates the discriminator has had beside those of the steps."""
        updates = int(self.discriminator_optimizer.iterations.numpy())
        return updates - self.count * self.discriminator_updates

    @tf.function
    def run(self, images: tf.Tensor, steps: tf.Tensor) -> tf.Tensor:
        """Make `steps` adversarial steps and return the sum over them of each of MEASURES.

        `images` are the real ones, float32 (n, 784) in [-1, 1], or (n, 784 + classes); the sum
        has shape (4,).
        """
        total = tf.zeros(len(MEASURES))
        for _ in tf.range(steps):
            total += self._step(images)  # alone: names first set in a loop have it traced twice
        return total

    @tf.function
    def pretrain(self, images: tf.Tensor, steps: tf.Tensor) -> None:
        """Make `steps` updates of the discriminator alone."""
        for _ in tf.range(steps):
            self.discriminator_update(images)

    @tf.autograph.experimental.do_not_convert
    def _step(self, images: tf.Tensor) -> tf.Tensor:
        """Make one adversarial step and return each of its MEASURES."""
        for _ in range(self.discriminator_updates):
            verdict = self.discriminator_update(images)
        for _ in range(self.generator_updates):
            loss = self.generator_update(images)
        return tf.stack([verdict[0], loss, verdict[1], verdict[2]])

    @tf.autograph.experimental.do_not_convert
    def discriminator_update(self, images: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Train D once on fresh real and fake images; return its loss and both mean scores."""
        optimizer = self.discriminator_optimizer
        real = self._sample_real(images, self._key(optimizer, stream=0))  # (batch, 784 + classes)
        fake = self._generate(real, self._key(optimizer, stream=1))  # (batch, 784 + classes)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(optimizer.variables)
            logits, penalty = self._discriminate_and_penalise(real, fake)
            real_logits, fake_logits = tf.split(logits, 2)  # (batch, 1) each
            loss = self.objective.discriminator(real_logits, fake_logits)
            total = loss + penalty
        optimizer.apply(tape.gradient(total, optimizer.variables))
        return loss, _score(real_logits), _score(fake_logits)

    @tf.autograph.experimental.do_not_convert
    def generator_update(self, images: tf.Tensor) -> tf.Tensor:
        """Train G once through D, which stays as it is; return its loss."""
        optimizer = self.generator_optimizer
        key = self._key(optimizer, stream=5)
        real = self._sample_real(
            images, key
        )  # (batch, 784 + classes): partners, or classes to ask for
        real_logits = self._discriminate(real, key) if self.objective.paired else None
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(optimizer.variables)
            fake = self._generate(real, self._key(optimizer, stream=2))  # (batch, 784 + classes)
            logits = self._discriminate(fake, self._key(optimizer, stream=4))
            loss = self.objective.generator(real_logits, logits)
        optimizer.apply(tape.gradient(loss, optimizer.variables))
        self._update_ema()
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
            "average": [variable.value for variable in getattr(self.average, "variables", [])],
            "generator_optimizer": self.generator_optimizer.state,
            "discriminator_optimizer": self.discriminator_optimizer.state,
        }
        return {f"{name}/{i}": v for name, owned in owners.items() for i, v in enumerate(owned)}

    def _sample_real(self, images: tf.Tensor, key: tf.Tensor) -> tf.Tensor:
        """Return rows of real images drawn at random, with their classes beside them, if any."""
        places = tf.random.stateless_uniform(
            [self.batch_size], key, maxval=tf.shape(images)[0], dtype=tf.int32
        )
        return tf.gather(images, places)

    def _generate(self, real: tf.Tensor, key: tf.Tensor) -> tf.Tensor:
        """Return rows like the real ones: G's images of fresh latents, of the same classes."""
        latents = self.noise([self.batch_size, self.latent_size], key)  # (batch, latent)
        if not self.classes:
            return forward(self.generator, latents, key, self.dtype)
        told = real[:, -self.classes :]
        images = forward(self.generator, tf.concat([latents, told], axis=1), key, self.dtype)
        return tf.concat([images, told], axis=1)

    def _discriminate(self, rows: tf.Tensor, key: tf.Tensor) -> tf.Tensor:
        """Return D's logits (n, 1) of rows (n, 784 + classes)."""
        return forward(self.discriminator, rows, key, self.dtype)

    def _discriminate_and_penalise(
        self, real: tf.Tensor, fake: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor | float]:
        """Return D's logits (2 batch, 1) of real and fake images, and what its slopes cost."""
        shown = tf.concat([real, fake], axis=0)  # (2 batch, 784 + classes)
        key = self._key(self.discriminator_optimizer, stream=3)
        if self.penalty is None:
            return self._discriminate(shown, key), 0.0
        weight = self.penalty(self.discriminator_optimizer.iterations.read_value())
        if self.penalty_kind == "r1_r2":
            # half the weight on the mean over real, half on the mean over as many fake images
            logits, squares = self._logits_and_input_gradients(shown, key)
            return logits, weight * tf.reduce_mean(squares)
        share = tf.random.stateless_uniform([self.batch_size, 1], key)
        _, squares = self._logits_and_input_gradients(real + share * (fake - real), key)
        lengths = tf.sqrt(squares + TINY)
        return self._discriminate(shown, key), weight * tf.reduce_mean((lengths - 1) ** 2)

    def _logits_and_input_gradients(
        self, rows: tf.Tensor, key: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Return D's logits (n, 1) of rows, and their squared slopes (n,) by the images there."""
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(rows)
            logits = self._discriminate(rows, key)
        slopes = tape.gradient(logits, rows)
        if self.classes:
            slopes = slopes[:, : -self.classes]
        return logits, tf.reduce_sum(slopes**2, axis=1)

    def _update_ema(self) -> None:
        """Move the average a little towards the generator."""
        if self.average is None:
            return
        count = tf.cast(self.generator_optimizer.iterations.read_value(), tf.float32)
        kept = tf.minimum(self.decay, (1 + count) / (10 + count))
        networks = self.average.trainable_variables, self.generator.trainable_variables
        for mean, variable in zip(*networks, strict=True):
            mean.value.assign_add((1 - kept) * (variable.value - mean.value))

    def _key(self, optimizer: Optimizer, stream: int) -> tf.Tensor:
        """Return the random key of one stream at the optimizer's next update."""
        return tf.random.fold_in(tf.constant([self.seed, stream]), optimizer.iterations)


def _score(logits: tf.Tensor) -> tf.Tensor:
    """Return the mean probability of "real" that logits (batch, 1) stand for."""
    return tf.reduce_mean(tf.sigmoid(logits))
