"""The tutorial's loop and the floor under it, in TensorFlow."""

from itertools import pairwise
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from benchmarks.recipe import (
    BATCH,
    BETA_1,
    BETA_2,
    DISCRIMINATOR,
    DROPOUT,
    EPSILON,
    GENERATOR,
    LATENT,
    LEARNING_RATE,
    REAL_LABEL,
    SLOPE,
    Weights,
    as_layers,
)
from mnist_gan.training.backends.tensorflow_kernels import matmul

STEPS_PER_CALL = 26  # of the floor: about what the package puts into one compiled call


class Tutorial:
    """The loop of the 2018 Keras tutorial, changed only where Keras 3 would not train with it.

    Each network has an optimizer of its own, and `trainable` is set before every call, so that
    each train function is traced while the flag is right.
    """

    steps_per_call = 1

    def __init__(self, images: np.ndarray, seed: int) -> None:
        keras.utils.set_random_seed(seed)
        self.images = images
        self.generator = keras.Sequential([keras.Input((LATENT,)), *_hidden(GENERATOR, 0)])
        self.generator.add(layers.Dense(GENERATOR[-1], activation="tanh"))
        self.discriminator = keras.Sequential(
            [keras.Input((DISCRIMINATOR[0],)), *_hidden(DISCRIMINATOR, DROPOUT)]
        )
        self.discriminator.add(layers.Dense(1, activation="sigmoid"))
        self.discriminator.compile(loss="binary_crossentropy", optimizer=_keras_adam())
        self.discriminator.trainable = False
        noise = keras.Input((LATENT,))
        self.gan = keras.Model(noise, self.discriminator(self.generator(noise)))
        self.gan.compile(loss="binary_crossentropy", optimizer=_keras_adam())

    def run(self, steps: int) -> None:
        """Make steps as the tutorial does."""
        for _ in range(steps):
            noise = np.random.normal(0, 1, size=[BATCH, LATENT])
            chosen = np.random.randint(0, len(self.images), size=BATCH)
            fake = self.generator.predict(noise, verbose=0)
            rows = np.concatenate([self.images[chosen], fake])
            labels = np.zeros(2 * BATCH)
            labels[:BATCH] = REAL_LABEL
            self.discriminator.trainable = True
            self.discriminator.train_on_batch(rows, labels)
            noise = np.random.normal(0, 1, size=[BATCH, LATENT])
            self.discriminator.trainable = False
            self.gan.train_on_batch(noise, np.ones(BATCH))

    def weights(self) -> Weights:
        """Return copies of the weights."""
        networks = self.generator, self.discriminator
        return Weights(*(as_layers(network.get_weights()) for network in networks))


class FloorNetwork:
    """The matrices of one network, their gradients and, if asked for, their Adam."""

    def __init__(self, widths: tuple[int, ...], dtype: tf.DType, adam: bool) -> None:
        rng = tf.random.Generator.from_seed(0)
        shapes = list(pairwise(widths))
        # scaled so that values keep their size on the way through
        masters = [rng.normal(shape) / shape[0] ** 0.5 for shape in shapes]
        self.kernels = [tf.Variable(tf.cast(master, dtype)) for master in masters]
        self.adam = FloorAdam(masters, self.kernels) if adam else None
        self.gradients = [tf.Variable(tf.zeros(shape, dtype)) for shape in shapes]

    def forward(self, rows: tf.Tensor) -> list[tf.Tensor]:
        """Multiply rows (n, in) through all layers; return each layer's input and the output."""
        values = [rows]
        for kernel in self.kernels:
            values.append(matmul(values[-1], kernel))
        return values

    def input_gradient(self, gradient: tf.Tensor) -> tf.Tensor:
        """Multiply the output's gradient (n, out) back to the input."""
        for kernel in reversed(self.kernels):
            gradient = matmul(gradient, kernel, transpose_b=True)
        return gradient

    def update(self, values: list[tf.Tensor], gradient: tf.Tensor) -> tf.Tensor:
        """Multiply back to every kernel; keep those gradients; return the second layer's."""
        products, rows = [], []
        for index, kernel in reversed(list(enumerate(self.kernels))):
            products.append(matmul(values[index], gradient, transpose_a=True))
            rows.append(gradient[0])
            if index:
                gradient = matmul(gradient, kernel, transpose_b=True)
        if self.adam:
            self.adam.apply(products[::-1], rows[::-1])
        else:
            for kept, product in zip(self.gradients, products[::-1], strict=True):
                kept.assign(product)  # hands the buffer over, copies nothing
        return gradient


class FloorAdam:
    """One fused Adam update of kernels and biases, at a rate of 0: all the work, no drift."""

    def __init__(self, masters: list[tf.Tensor], kernels: list[tf.Variable]) -> None:
        self.kernels, self.mixed = kernels, kernels[0].dtype != tf.float32
        self.masters = [tf.Variable(master) for master in masters] if self.mixed else kernels
        self.biases = [tf.Variable(tf.zeros(kernel.shape[1])) for kernel in kernels]
        updated = [*self.masters, *self.biases]
        self.means = [tf.Variable(tf.zeros(variable.shape)) for variable in updated]
        self.variances = [tf.Variable(tf.zeros(variable.shape)) for variable in updated]

    def apply(self, kernel_gradients: list[tf.Tensor], bias_gradients: list[tf.Tensor]) -> None:
        """Update all; at lower precision, round the kernels anew for the next products."""
        slots = zip(
            [*self.masters, *self.biases],
            self.means,
            self.variances,
            [*kernel_gradients, *bias_gradients],
            strict=True,
        )
        for variable, mean, variance, gradient in slots:
            tf.raw_ops.ResourceApplyAdam(
                var=variable.handle,
                m=mean.handle,
                v=variance.handle,
                beta1_power=BETA_1,
                beta2_power=BETA_2,
                lr=0.0,
                beta1=BETA_1,
                beta2=BETA_2,
                epsilon=EPSILON,
                grad=tf.cast(gradient, tf.float32),
            )
        if self.mixed:
            for kernel, master in zip(self.kernels, self.masters, strict=True):
                kernel.assign(tf.cast(master, kernel.dtype))


class Floor:
    """Only the matrix products that a step must do, in their order; with or without Adam.

    Every product feeds the next, gradients are stored in variables, and the last result is the
    next step's noise, so that no product can be left out, shared or moved out of the loop.
    """

    steps_per_call = STEPS_PER_CALL

    def __init__(self, images: np.ndarray, precision: str, *, adam: bool) -> None:
        dtype = tf.as_dtype(precision)
        self.generator = FloorNetwork(GENERATOR, dtype, adam)
        self.discriminator = FloorNetwork(DISCRIMINATOR, dtype, adam)
        self.real = tf.Variable(tf.cast(images[:BATCH], dtype))
        self.noise = tf.cast(tf.random.stateless_normal([BATCH, LATENT], [0, 0]), dtype)

    def run(self, steps: int) -> None:
        """Make the products of steps."""
        for _ in range(0, steps, self.steps_per_call):
            self.compiled(tf.constant(min(self.steps_per_call, steps))).numpy()

    def weights(self) -> None:
        """Return nothing: this does not learn."""

    @tf.function
    def compiled(self, steps: tf.Tensor) -> tf.Tensor:
        """Make the products of steps in one call."""
        noise = self.noise
        for _ in tf.range(steps):
            noise = self._generator_update(self._discriminator_update(noise))
        return tf.reduce_sum(noise)

    def _discriminator_update(self, noise: tf.Tensor) -> tf.Tensor:
        """Make the products of one discriminator update; return noise (batch, latent)."""
        fake = self.generator.forward(noise)[-1]
        values = self.discriminator.forward(tf.concat([self.real, fake], axis=0))
        gradient = self.discriminator.update(values, values[-1])
        return tf.tanh(gradient[:BATCH, :LATENT])

    def _generator_update(self, noise: tf.Tensor) -> tf.Tensor:
        """Make the products of one generator update; return noise (batch, latent)."""
        values = self.generator.forward(noise)
        verdict = self.discriminator.forward(values[-1])[-1]
        gradient = self.generator.update(values, self.discriminator.input_gradient(verdict))
        return tf.tanh(gradient[:, :LATENT])


def start_plainly(threads: int) -> None:
    """Start TensorFlow as anyone would, with the number of threads that all variants have."""
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)


def _hidden(widths: tuple[int, ...], dropout: float) -> list[keras.Layer]:
    """Return the hidden layers as the tutorial has them."""
    stack: list[keras.Layer] = []
    for width in widths[1:-1]:
        first = keras.initializers.RandomNormal(stddev=0.02)
        stack.append(layers.Dense(width, kernel_initializer="glorot_uniform" if stack else first))
        stack.append(layers.LeakyReLU(SLOPE))
        if dropout:
            stack.append(layers.Dropout(dropout))
    return stack


def _keras_adam() -> Any:
    return keras.optimizers.Adam(learning_rate=LEARNING_RATE, beta_1=BETA_1)
