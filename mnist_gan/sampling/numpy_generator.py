"""A generator as a chain of NumPy layers, which draws images, and its conversion to Keras."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from mnist_gan.noise import INPUTS, latents, walk
from mnist_gan.sampling.numpy_layers import (
    LEAKY,
    Activation,
    BatchNorm,
    Conv,
    ConvTranspose,
    Cropping,
    Dense,
    Layer,
    Rescaling,
    Reshape,
    UpSampling,
    Weighted,
    input_size,
)

if TYPE_CHECKING:
    import keras

REPEATED = 10  # consecutive samples with one label: a row of a grid, where it has ten classes
GRID = 100  # samples in a grid, which shows every class
AT_ONCE = 9 * 2**24  # numbers that a layer computes with at a time, at most


@dataclass(frozen=True)
class NumpyGenerator:
    """A generator as a chain of layers."""

    layers: list[Layer] = field(repr=False)  # millions of weights, so not shown
    noise: str = "normal"  # the distribution of its latents
    classes: int = 0  # of a conditional generator; one-hot labels follow the latent
    note: str = field(default="", repr=False)  # what was assumed of the range of its output
    work: int = field(default=0, repr=False)  # multiply-adds for an image
    values: int = field(default=1, repr=False)  # that its largest layer computes with for an image

    @property
    def inputs(self) -> int:
        """The size of an input: a latent, followed by a one-hot label where it is conditional."""
        return next(taken for layer in self.layers if (taken := input_size(layer)))

    @property
    def latent_size(self) -> int:
        """The size of a latent."""
        return self.inputs - self.classes

    def latents(self, seed: int, count: int, start: int = 0) -> np.ndarray:
        """Return the generator's inputs for a seed: latents of its noise, followed by labels.

        Args:
            seed: Seed of the latents.
            count: How many inputs.
            start: Index of the first one.

        Returns:
            Inputs (count, inputs); a conditional generator gets each label several times in turn.
        """
        drawn = latents(seed, count, self.latent_size, start, self.noise)
        return self.with_labels(drawn, self.labels(count, start))

    def labels(self, count: int, start: int = 0) -> np.ndarray:
        """Return the labels that `latents` conditions on.

        Args:
            count: How many inputs.
            start: Index of the first one.

        Returns:
            Labels (count,), all 0 where the generator is not conditional.
        """
        repeated = max(1, min(REPEATED, GRID // max(1, self.classes)))
        return np.arange(start, start + count) // repeated % max(1, self.classes)

    def with_labels(self, latents: np.ndarray, labels: np.ndarray | int) -> np.ndarray:
        """Return latents conditioned on labels.

        Args:
            latents: Latents (n, latent).
            labels: A label for each (n,), or one for all.

        Returns:
            Inputs (n, inputs): the latents alone where the generator is not conditional.
        """
        one_hot = np.arange(self.classes) == np.reshape(labels, (-1, 1))
        one_hot = np.broadcast_to(one_hot, (len(latents), self.classes))
        return np.concatenate([latents, one_hot], axis=1, dtype=np.float32)

    def walk(self, waypoints: np.ndarray, steps: int) -> np.ndarray:
        """Return a walk from each input to the next; see `noise.walk`. Labels change linearly.

        Args:
            waypoints: Inputs (n, inputs).
            steps: How many inputs from each waypoint to the next, both included.

        Returns:
            Inputs ((n - 1) * steps, inputs).
        """
        latents, labels = np.split(waypoints, [self.latent_size], axis=1)
        paths = walk(latents, steps, self.noise), walk(labels, steps, "uniform")
        return np.concatenate(paths, axis=1)

    def to_keras(self) -> keras.Model:
        """Return the same generator as a Keras model, which can be trained and saved.

        Its inputs are latents (batch, latent), and where it is conditional also one-hot labels
        (batch, classes).
        """
        from mnist_gan.support.runtime import hold_back_noise

        with hold_back_noise():
            import keras

        latents = keras.Input((self.latent_size,), name=INPUTS[self.noise])
        if self.classes:
            inputs = [latents, keras.Input((self.classes,), name="label")]
            values = keras.layers.Concatenate()(inputs)
            for layer in _keras_layers(self.layers):
                values = layer(values)
            model = keras.Model(inputs, values, name="generator")
        else:
            model = keras.Sequential([latents, *_keras_layers(self.layers)], name="generator")
        model.set_weights([array for layer in self.layers for array in weights_of(layer)])
        return model

    def __call__(self, batch: np.ndarray) -> np.ndarray:
        """Return the images (batch, 784) in [-1, 1] of inputs (batch, inputs)."""
        size = max(1, AT_ONCE // self.values)
        if len(batch) > size:
            parts = [self(batch[start : start + size]) for start in range(0, len(batch), size)]
            return np.concatenate(parts)
        values = batch
        for layer in self.layers:
            values = layer(values)
        return values


def weights_of(layer: Layer) -> list[np.ndarray]:
    """Return the weights of a layer, in Keras's order."""
    return [array for array in layer if isinstance(array, np.ndarray)]


def _keras_layers(layers: list[Layer]) -> Iterator[keras.Layer]:
    """Yield the equivalent Keras layers, without weights; a layer has the activation after it."""
    before = None
    for index, layer in enumerate(layers):
        after = layers[index + 1] if index + 1 < len(layers) else None
        is_merged = isinstance(before, Weighted) and _is_named(layer)
        name = after.name if isinstance(after, Activation) and _is_named(after) else "linear"
        if not is_merged:
            yield _keras_layer(index, layer, name)
        before = layer


def _is_named(layer: Layer) -> bool:
    """Say whether a layer is an activation that Keras knows by its name alone."""
    return isinstance(layer, Activation) and layer.name != LEAKY


def _keras_layer(index: int, layer: Layer, activation: str) -> keras.Layer:
    """Return the equivalent Keras layer, without weights.

    Args:
        index: The layer's position.
        layer: The layer.
        activation: The activation after it, where it has weights.
    """
    from keras import layers as k

    match layer:
        case Dense(kernel):
            made = k.Dense(kernel.shape[1], activation, name=f"dense_{index}")
        case Conv(kernel, _, strides, padding):
            sizes = kernel.shape[3], kernel.shape[:2], strides, padding
            made = k.Conv2D(*sizes, activation=activation, name=f"convolve_{index}")
        case ConvTranspose(kernel, _, strides, padding):
            sizes = kernel.shape[2], kernel.shape[:2], strides, padding
            made = k.Conv2DTranspose(*sizes, activation=activation, name=f"spread_{index}")
        case UpSampling(size):
            made = k.UpSampling2D(size, name=f"upsample_{index}")
        case Cropping(top, bottom, left, right):
            made = k.Cropping2D(((top, bottom), (left, right)), name=f"crop_{index}")
        case BatchNorm():
            made = k.BatchNormalization(epsilon=layer.epsilon, name=f"normalize_{index}")
        case Reshape(shape):
            made = k.Reshape(shape, name=f"reshape_{index}")
        case Rescaling(scale, offset):
            made = k.Rescaling(scale, offset, name=f"rescaling_{index}")
        case Activation(name, slope) if name == LEAKY:
            made = k.LeakyReLU(slope, name=f"leaky_relu_{index}")
        case Activation(name):
            made = k.Activation(name, name=f"activation_{index}")
    return made
