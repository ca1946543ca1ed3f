"""The layers of a generator in NumPy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mnist_gan.noise import INPUTS, latents, walk

if TYPE_CHECKING:
    import keras

LEAKY = "leaky_relu"
ACTIVATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {  # those that a layer may name
    "linear": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "sigmoid": lambda x: (1 + np.tanh(x / 2)) / 2,  # 1 / (1 + exp(-x)), which would overflow
    "tanh": np.tanh,
}
STRIDE = 2  # by which a Spread enlarges a picture
REPEATED = 10  # digits of one class in a row of latents: those of a row in a grid


class Dense(NamedTuple):
    """A matrix product and an offset."""

    kernel: np.ndarray  # (inputs, units)
    bias: np.ndarray  # (units,)

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Return (batch, units) of values (batch, inputs)."""
        return values @ self.kernel + self.bias


class ConvTranspose(NamedTuple):
    """A transposed convolution: each pixel of a picture spread over several of one twice as large.

    Keras's Conv2DTranspose with a stride of 2 and "same" padding.
    """

    kernel: np.ndarray  # (side, side, filters, channels), its side even
    bias: np.ndarray  # (filters,)

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Return (batch, 2 height, 2 width, filters) of (batch, height, width, channels)."""
        side, _, filters, channels = self.kernel.shape
        n, height, width, _ = values.shape
        spread = values.reshape(-1, channels) @ self.kernel.reshape(-1, channels).T
        spread = spread.reshape(n, height, width, side, side, filters)
        rows, columns = STRIDE * height, STRIDE * width
        whole = np.zeros((n, rows + side - STRIDE, columns + side - STRIDE, filters), values.dtype)
        for y in range(side):
            for x in range(side):
                whole[:, y : y + rows : STRIDE, x : x + columns : STRIDE] += spread[:, :, :, y, x]
        rim = (side - STRIDE) // 2
        return whole[:, rim : rim + rows, rim : rim + columns] + self.bias


class Reshape(NamedTuple):
    """The same numbers in another shape."""

    shape: tuple[int, ...]  # of one row

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Return (batch, *shape)."""
        return values.reshape(len(values), *self.shape)


class Activation(NamedTuple):
    """A function of each number by itself: LEAKY, or one of ACTIVATIONS."""

    name: str
    slope: float = 0.0  # of LEAKY, below 0

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Return values of the same shape."""
        if self.name == LEAKY:
            return np.maximum(values, self.slope * values)
        return ACTIVATIONS[self.name](values)


class Rescaling(NamedTuple):
    """Each number times a scale, and an offset."""

    scale: float
    offset: float

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Return values of the same shape."""
        return values * np.float32(self.scale) + np.float32(self.offset)


Layer = Dense | ConvTranspose | Reshape | Activation | Rescaling


@dataclass(frozen=True)
class NumpyGenerator:
    """A generator as a row of layers."""

    layers: list[Layer] = field(repr=False)  # millions of numbers, so not shown
    noise: str = "normal"  # the distribution of its latents
    classes: int = 0  # that it can be asked for; their numbers stand behind those of a latent

    @property
    def inputs(self) -> int:
        """How many numbers one row that goes in has: a latent, and the classes behind it."""
        return next(len(layer.kernel) for layer in self.layers if isinstance(layer, Dense))

    @property
    def latent_size(self) -> int:
        """How many numbers one latent has."""
        return self.inputs - self.classes

    def latents(self, seed: int, count: int, start: int = 0) -> np.ndarray:
        """Return rows (count, inputs) of its own kind: those of a seed, from `start` on.

        A generator that can be asked for classes is asked for each of them in turn, ten times.
        """
        drawn = latents(seed, count, self.latent_size, start, self.noise)
        return self.asking(drawn, self.asked(count, start))

    def asked(self, count: int, start: int = 0) -> np.ndarray:
        """Return the classes (count,) that the rows from `start` on ask for, 0 if for none."""
        return np.arange(start, start + count) // REPEATED % max(1, self.classes)

    def asking(self, latents: np.ndarray, classes: np.ndarray | int) -> np.ndarray:
        """Return rows (n, inputs): latents (n, latent), which ask for classes (n,) or for one."""
        one_hot = np.arange(self.classes) == np.reshape(classes, (-1, 1))
        told = np.broadcast_to(one_hot, (len(latents), self.classes))
        return np.concatenate([latents, told], axis=1, dtype=np.float32)

    def walk(self, rows: np.ndarray, steps: int) -> np.ndarray:
        """Return the walk ((n - 1) * steps, inputs) from each of the rows (n, inputs) to the next.

        Latents walk as those of their kind do; what is asked for changes evenly.
        """
        latents, asked = np.split(rows, [self.latent_size], axis=1)
        straight = walk(asked, steps, "uniform")
        return np.concatenate([walk(latents, steps, self.noise), straight], axis=1)

    def to_keras(self) -> keras.Model:
        """Return the same generator as a Keras model, which can be trained and saved.

        It takes latents (batch, latent), and beside them classes (batch, classes) if it can be
        asked for some.
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

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        """Return the images (batch, 784) in [-1, 1] of rows (batch, inputs)."""
        values = rows
        for layer in self.layers:
            values = layer(values)
        return values


def _keras_layers(layers: list[Layer]) -> Iterator[keras.Layer]:
    """Yield Keras layers without weights that compute what ours do."""
    from keras import layers as k

    for place, layer in enumerate(layers):
        after = layers[place + 1] if place + 1 < len(layers) else None
        name = after.name if isinstance(after, Activation) and after.name != LEAKY else "linear"
        if isinstance(layer, Dense):
            yield k.Dense(layer.kernel.shape[1], name, name=f"dense_{place}")
        elif isinstance(layer, ConvTranspose):
            side, _, filters, _ = layer.kernel.shape
            yield k.Conv2DTranspose(
                filters, side, STRIDE, "same", activation=name, name=f"spread_{place}"
            )
        elif isinstance(layer, Reshape):
            yield k.Reshape(layer.shape, name=f"reshape_{place}")
        elif isinstance(layer, Rescaling):
            yield k.Rescaling(layer.scale, layer.offset, name=f"rescaling_{place}")
        elif layer.name == LEAKY:
            yield k.LeakyReLU(layer.slope, name=f"leaky_relu_{place}")
