"""A generator as layers in NumPy, which draw images, and its conversion to a Keras model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mnist_gan.noise import INPUTS, latents, walk

if TYPE_CHECKING:
    import keras

LEAKY = "leaky_relu"
ACTIVATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {  # by name in a layer's config
    "linear": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "sigmoid": lambda x: (1 + np.tanh(x / 2)) / 2,  # 1 / (1 + exp(-x)) without overflow
    "tanh": np.tanh,
}
STRIDE = 2  # of transposed convolutions
REPEATED = 10  # consecutive samples with one label: a row of a grid, where it has ten classes
GRID = 100  # samples in a grid, which shows every class


class Dense(NamedTuple):
    """A fully connected layer without activation."""

    kernel: np.ndarray  # (inputs, units)
    bias: np.ndarray  # (units,)

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Return (batch, units) of values (batch, inputs)."""
        return values @ self.kernel + self.bias


class ConvTranspose(NamedTuple):
    """A transposed convolution that doubles height and width.

    Keras's Conv2DTranspose with a stride of 2 and "same" padding.
    """

    kernel: np.ndarray  # (side, side, filters, channels), where side is even
    bias: np.ndarray  # (filters,)

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Return (batch, 2 height, 2 width, filters) of (batch, height, width, channels)."""
        side, _, filters, channels = self.kernel.shape
        n, height, width, _ = values.shape
        products = values.reshape(-1, channels) @ self.kernel.reshape(-1, channels).T
        products = products.reshape(n, height, width, side, side, filters)
        h, w = STRIDE * height, STRIDE * width
        sums = np.zeros((n, h + side - STRIDE, w + side - STRIDE, filters), values.dtype)
        for y in range(side):
            for x in range(side):
                sums[:, y : y + h : STRIDE, x : x + w : STRIDE] += products[:, :, :, y, x]
        padding = (side - STRIDE) // 2
        return sums[:, padding : padding + h, padding : padding + w] + self.bias


class Reshape(NamedTuple):
    """The same values in another shape."""

    shape: tuple[int, ...]  # of one sample

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Return (batch, *shape)."""
        return values.reshape(len(values), *self.shape)


class Activation(NamedTuple):
    """An elementwise function: LEAKY, or one of ACTIVATIONS."""

    name: str
    slope: float = 0.0  # of LEAKY, for negative values

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Return values of the same shape."""
        if self.name == LEAKY:
            return np.maximum(values, self.slope * values)
        return ACTIVATIONS[self.name](values)


class Rescaling(NamedTuple):
    """Each value times a scale, plus an offset."""

    scale: float
    offset: float

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Return values of the same shape."""
        return values * np.float32(self.scale) + np.float32(self.offset)


Layer = Dense | ConvTranspose | Reshape | Activation | Rescaling


@dataclass(frozen=True)
class NumpyGenerator:
    """A generator as a chain of layers."""

    layers: list[Layer] = field(repr=False)  # millions of weights, so not shown
    noise: str = "normal"  # the distribution of its latents
    classes: int = 0  # of a conditional generator; one-hot labels follow the latent

    @property
    def inputs(self) -> int:
        """The size of an input: a latent, followed by a one-hot label where it is conditional."""
        return next(len(layer.kernel) for layer in self.layers if isinstance(layer, Dense))

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
        model = keras.Sequential([latents, *_keras_layers(self.layers)], name="generator")
        if self.classes:
            inputs = [latents, keras.Input((self.classes,), name="label")]
            values = keras.layers.Concatenate(name="told")(inputs)
            for layer in _keras_layers(self.layers):
                values = layer(values)
            model = keras.Model(inputs, values, name="generator")
        weighted = (layer for layer in self.layers if isinstance(layer, Dense | ConvTranspose))
        model.set_weights([array for layer in weighted for array in (layer.kernel, layer.bias)])
        return model

    def __call__(self, batch: np.ndarray) -> np.ndarray:
        """Return the images (batch, 784) in [-1, 1] of inputs (batch, inputs)."""
        values = batch
        for layer in self.layers:
            values = layer(values)
        return values


def _keras_layers(layers: list[Layer]) -> Iterator[keras.Layer]:
    """Yield the equivalent Keras layers, without weights."""
    from keras import layers as k

    for index, layer in enumerate(layers):
        after = layers[index + 1] if index + 1 < len(layers) else None
        name = after.name if isinstance(after, Activation) and after.name != LEAKY else "linear"
        if isinstance(layer, Dense):
            yield k.Dense(layer.kernel.shape[1], name, name=f"dense_{index}")
        elif isinstance(layer, ConvTranspose):
            side, _, filters, _ = layer.kernel.shape
            yield k.Conv2DTranspose(
                filters, side, STRIDE, "same", activation=name, name=f"spread_{index}"
            )
        elif isinstance(layer, Reshape):
            yield k.Reshape(layer.shape, name=f"reshape_{index}")
        elif isinstance(layer, Rescaling):
            yield k.Rescaling(layer.scale, layer.offset, name=f"rescaling_{index}")
        elif layer.name == LEAKY:
            yield k.LeakyReLU(layer.slope, name=f"leaky_relu_{index}")
