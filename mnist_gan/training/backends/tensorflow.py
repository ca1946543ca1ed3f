"""`GanStep` on TensorFlow: one update of both networks, and everything it changes."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

import numpy as np
import tensorflow as tf

from mnist_gan.noise import BOUND, codes
from mnist_gan.training.step import (
    MEASURES,
    DiscriminatorUpdate,
    GeneratorUpdate,
    Step,
    Stream,
)

T = TypeVar("T")


class GanStep(Step):
    """One step of a GAN on TensorFlow; its arguments are those of `Step`."""

    def run(self, images: tf.Tensor, steps: int, ahead: Sequence[int] = ()) -> np.ndarray:
        """Make steps: see `Step.run`."""
        return self._run(images, tf.constant(steps)).numpy()

    def pretrain(self, images: tf.Tensor, steps: int) -> None:
        """Make updates of the discriminator alone: see `Step.pretrain`."""
        self._pretrain(images, tf.constant(steps))

    @tf.function
    def _run(self, images: tf.Tensor, steps: tf.Tensor) -> tf.Tensor:
        """Make so many steps and return the sum over them of each of MEASURES, shape (4,)."""
        total = tf.zeros(len(MEASURES))
        for _ in tf.range(steps):
            total += self._step(images)  # alone: names first set in a loop have it traced twice
        return total

    @tf.function
    def _pretrain(self, images: tf.Tensor, steps: tf.Tensor) -> None:
        """Make so many updates of the discriminator alone."""
        for _ in tf.range(steps):
            self.discriminator_update(images)

    @tf.autograph.experimental.do_not_convert
    def _step(self, images: tf.Tensor) -> tf.Tensor:
        """Make one step and return each of its MEASURES."""
        settings = self.settings
        d = _repeated(lambda: self.discriminator_update(images), settings.discriminator_updates)
        g = _repeated(lambda: self.generator_update(images), settings.generator_updates)
        return tf.stack([d.loss, g.loss, d.real_score, d.fake_score])

    @tf.autograph.experimental.do_not_convert
    def discriminator_update(self, images: tf.Tensor) -> DiscriminatorUpdate:
        """Update the discriminator once, on real and fake samples."""
        optimizer = self.discriminator_optimizer
        updates = optimizer.iterations.read_value()
        real = self._sample_real(images, self._key(updates, Stream.REAL))
        fake = self._generate(real, self._key(updates, Stream.FAKE_FOR_DISCRIMINATOR))
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(optimizer.variables)
            logits, penalty = self._penalise(real, fake, self._key(updates, Stream.DISCRIMINATOR))
            real_logits, fake_logits = tf.split(logits, 2)  # (batch, 1) each
            loss = self.objective.discriminator(real_logits, fake_logits)
            total = loss + penalty
        optimizer.apply(tape.gradient(total, optimizer.variables))
        return DiscriminatorUpdate(loss, _score(real_logits), _score(fake_logits))

    @tf.autograph.experimental.do_not_convert
    def generator_update(self, images: tf.Tensor) -> GeneratorUpdate:
        """Update the generator once, through the discriminator, which does not change."""
        optimizer = self.generator_optimizer
        updates = optimizer.iterations.read_value()
        real_key = self._key(updates, Stream.REAL_FOR_GENERATOR)
        real = self._sample_real(images, real_key)
        real_logits = self._discriminate(real, real_key) if self.objective.paired else None
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(optimizer.variables)
            fake = self._generate(real, self._key(updates, Stream.FAKE_FOR_GENERATOR))
            key = self._key(updates, Stream.DISCRIMINATOR_FOR_GENERATOR)
            fake_logits = self._discriminate(fake, key)
            loss = self.objective.generator(real_logits, fake_logits)
        optimizer.apply(tape.gradient(loss, optimizer.variables))
        self._update_ema()
        return GeneratorUpdate(loss)

    def _sample_real(self, images: tf.Tensor, key: tf.Tensor) -> tf.Tensor:
        """Return real samples drawn at random, (batch, features + classes)."""
        places = tf.random.stateless_uniform(
            [self.settings.batch_size], key, maxval=tf.shape(images)[0], dtype=tf.int32
        )
        return tf.gather(images, places)

    def _generate(self, real: tf.Tensor, key: tf.Tensor) -> tf.Tensor:
        """Return generated samples (batch, features + classes), of the classes of real ones."""
        shape = [self.settings.batch_size, self.latent_size]
        latents = NOISES[self.settings.noise](shape, key)  # (batch, latent)
        if not self.classes:
            return self.forward(self.generator, latents, key)
        classes = real[:, -self.classes :]
        images = self.forward(self.generator, tf.concat([latents, classes], axis=1), key)
        return tf.concat([images, classes], axis=1)

    def _discriminate(self, samples: tf.Tensor, key: tf.Tensor) -> tf.Tensor:
        """Return the discriminator's logits (n, 1) of samples (n, features + classes)."""
        return self.forward(self.discriminator, samples, key)

    def _penalise(
        self, real: tf.Tensor, fake: tf.Tensor, key: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor | float]:
        """Return the logits (2 batch, 1) of real and fake samples, and the weighted penalty."""
        if self.objective.penalty is None:
            return self._judge(real, fake, key), 0.0
        function, weight = self.objective.penalty
        logits, penalty = function(_Critic(self, key), real, fake)
        return logits, weight(self.discriminator_optimizer.iterations.read_value()) * penalty

    def _judge(self, real: tf.Tensor, fake: tf.Tensor, key: tf.Tensor) -> tf.Tensor:
        """Return the discriminator's logits (2 batch, 1) of real and fake samples."""
        if not self.judges_apart:
            return self._discriminate(tf.concat([real, fake], axis=0), key)
        logits = self._discriminate(real, key)
        return tf.concat([logits, self._discriminate(fake, tf.random.fold_in(key, 1))], axis=0)

    def _update_ema(self) -> None:
        """Move the average of the generator a little towards it."""
        if self.ema is None:
            return
        count = tf.cast(self.generator_optimizer.iterations.read_value(), tf.float32)
        kept = tf.minimum(self.ema.decay, (1 + count) / (10 + count))
        for mean, variable in zip(self.averages, self.averaged, strict=True):
            mean.value.assign_add((1 - kept) * (variable.value - mean.value))

    def _key(self, updates: tf.Tensor, stream: Stream) -> tf.Tensor:
        """Return the random key (2,) of a stream after so many updates of a network."""
        return tf.random.fold_in(tf.constant([self.settings.seed, stream]), updates)


class _Critic:
    """The discriminator of a step in one update, for a penalty."""

    def __init__(self, step: GanStep, key: tf.Tensor) -> None:
        self._step, self._key = step, key

    def logits(self, samples: tf.Tensor) -> tf.Tensor:
        return self._step._discriminate(samples, self._key)

    def logits_and_squared_norms(self, samples: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(samples)
            logits = self.logits(samples)
        gradients = tape.gradient(logits, samples)
        if self._step.classes:
            gradients = gradients[:, : -self._step.classes]
        return logits, tf.reduce_sum(gradients**2, axis=1)

    def uniform(self) -> tf.Tensor:
        return tf.random.stateless_uniform([self._step.settings.batch_size, 1], self._key)


def gradient(function: Callable[[tf.Tensor], tf.Tensor], x: np.ndarray) -> np.ndarray:
    """Return the gradient of a scalar function at x, with the shape of x."""
    point = tf.convert_to_tensor(x)
    with tf.GradientTape() as tape:
        tape.watch(point)
        value = function(point)
    return tape.gradient(value, point).numpy()


def _normal_and_categorical(shape: list[int], key: tf.Tensor) -> tf.Tensor:
    """Return latents (batch, latent), the first fifth of which is a categorical code."""
    batch, size = shape
    known = codes(size)
    chosen = tf.random.stateless_uniform([batch], key, maxval=len(known), dtype=tf.int32)
    rest = tf.random.stateless_normal([batch, size - len(known)], tf.random.fold_in(key, 1))
    return tf.concat([tf.gather(known, chosen), rest], axis=1)


NOISES = {  # of mean 0 and standard deviation 1: latents (batch, latent) from a shape and a key
    "normal": tf.random.stateless_normal,
    "uniform": partial(tf.random.stateless_uniform, minval=-BOUND, maxval=BOUND),
    "normal+categorical": _normal_and_categorical,
}


def _repeated(update: Callable[[], T], times: int) -> T:
    """Make an update so many times, traced twice at most; return what the last one returns."""
    result = update()
    if times == 1:
        return result
    return tf.while_loop(
        lambda count, _: count < times, lambda count, _: (count + 1, update()), (1, result)
    )[1]


def _score(logits: tf.Tensor) -> tf.Tensor:
    """Return the mean probability of "real" for logits (batch, 1)."""
    return tf.reduce_mean(tf.sigmoid(logits))
