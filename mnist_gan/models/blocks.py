"""The layers of which both networks are built."""

from collections.abc import Iterator, Sequence
from functools import reduce

import keras
import numpy as np
from keras import layers

KERNEL = 4  # pixels on a side of a convolution of G or D: twice its stride, so all count alike


def network_of(
    rows: keras.KerasTensor,
    before: Sequence[keras.Layer],
    after: Sequence[keras.Layer],
    classes: int,
    name: str,
) -> keras.Model:
    """Return layers on rows (batch, n), told the classes, if any, between `before` and `after`."""
    if not classes:
        return keras.Sequential([rows, *before, *after], name=name)
    label = keras.Input((classes,), name="label")
    values = reduce(lambda values, layer: layer(values), before, rows)
    values = layers.Concatenate(name="told")([values, label])
    values = reduce(lambda values, layer: layer(values), after, values)
    return keras.Model([rows, label], values, name=name)


def mean_subtraction(mean_image: np.ndarray | None) -> list[keras.Layer]:
    """Return the layer that takes an image (784,) from each, if there is one."""
    if mean_image is None:
        return []
    return [
        layers.Normalization(
            mean=mean_image, variance=np.ones_like(mean_image), name="subtract_mean"
        )
    ]


def hidden_layers(
    widths: Sequence[int],
    slope: float,
    dropout: float,
    seeds: Iterator[int],
    init_range: float | None,
    *,
    maxout_pieces: int = 1,
    first: int = 1,
) -> list[keras.Layer]:
    """Return the hidden layers; the first starts from N(0, 0.02), as in the tutorial.

    Their names are said, from the place of the first on, since Keras's own would count what else
    the process has built.
    """
    stack: list[keras.Layer] = []
    for place, width in enumerate(widths, first):
        is_small = place == first and init_range is None
        initializer = _small_normal(seeds) if is_small else initial_weights(init_range, seeds)
        name = f"dense_{place}"
        stack.append(layers.Dense(width * maxout_pieces, kernel_initializer=initializer, name=name))
        if maxout_pieces > 1:
            stack += _largest(width, maxout_pieces, place)
            stack += [dropout_layer(dropout, seeds, place)] if dropout else []
        else:
            stack += rectified(slope, dropout, seeds, place)
    return stack


def rectified(slope: float, dropout: float, seeds: Iterator[int], place: int) -> list[keras.Layer]:
    """Return LeakyReLU, and dropout where there is any."""
    rectifier = layers.LeakyReLU(slope, name=f"leaky_relu_{place}")
    return [rectifier, *([dropout_layer(dropout, seeds, place)] if dropout else [])]


def enlarging(
    filters: int, activation: str, init_range: float | None, seeds: Iterator[int], name: str
) -> keras.Layer:
    """Return the transposed convolution that makes a picture twice as large."""
    return layers.Conv2DTranspose(
        filters,
        KERNEL,
        strides=2,
        padding="same",
        activation=activation,
        kernel_initializer=initial_weights(init_range, seeds),
        name=name,
    )


def _largest(width: int, maxout_pieces: int, place: int) -> list[keras.Layer]:
    """Return the layers that take the largest of each `maxout_pieces` numbers (maxout)."""
    return [
        layers.Reshape((maxout_pieces, width), name=f"pieces_{place}"),
        layers.MaxPooling1D(maxout_pieces, name=f"maxout_{place}"),
        layers.Reshape((width,), name=f"largest_{place}"),
    ]


def dropout_layer(share: float, seeds: Iterator[int], place: int) -> keras.Layer:
    """Return the dropout of a place in a network."""
    return layers.Dropout(share, seed=next(seeds), name=f"dropout_{place}")


def layer_seeds(seed: int, stream: int) -> Iterator[int]:
    """Yield one seed after another for the layers of one network."""
    generator = np.random.default_rng([seed, stream])
    while True:
        yield int(generator.integers(2**31))


def initial_weights(init_range: float | None, seeds: Iterator[int]) -> keras.Initializer:
    """Return U(-init_range, init_range), or Glorot's where no range is given."""
    if init_range is None:
        return glorot(seeds)
    return keras.initializers.RandomUniform(-init_range, init_range, seed=next(seeds))


def glorot(seeds: Iterator[int]) -> keras.Initializer:
    """Return Glorot's uniform initial weights."""
    return keras.initializers.GlorotUniform(seed=next(seeds))


def _small_normal(seeds: Iterator[int]) -> keras.Initializer:
    return keras.initializers.RandomNormal(stddev=0.02, seed=next(seeds))
