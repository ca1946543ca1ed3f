"""The layers of which both networks are built."""

from collections.abc import Iterator, Sequence
from functools import reduce

import keras
import numpy as np
from keras import layers

from mnist_gan.config.schema import Discriminator, Generator
from mnist_gan.models.weights import built
from mnist_gan.support.errors import UserError

KERNEL = 4  # pixels on a side of a convolution of G or D: twice its stride, so all count alike

Seeds = Iterator[int]  # one for each layer that draws
Settings = Generator | Discriminator


def network_of(
    samples: keras.KerasTensor,
    before: Sequence[keras.Layer],
    after: Sequence[keras.Layer],
    classes: int,
    name: str,
) -> keras.Model:
    """Return a network of two stacks of layers.

    Args:
        samples: The input (batch, n).
        before: Layers on the input.
        after: Layers on what those make and, if there are classes, on these beside it.
        classes: How many classes there are, in a second input (batch, classes); 0: no such input.
        name: Of the network.
    """

    def build() -> keras.Model:
        if not classes:
            return keras.Sequential([samples, *before, *after], name=name)
        label = keras.Input((classes,), name="label")
        values = reduce(lambda values, layer: layer(values), before, samples)
        values = layers.Concatenate(name="told")([values, label])
        values = reduce(lambda values, layer: layer(values), after, values)
        return keras.Model([samples, label], values, name=name)

    return built(build, [*before, *after])


def mean_subtraction(mean_image: np.ndarray) -> keras.Layer:
    """Return the layer that subtracts an image (784,) from each."""
    return layers.Normalization(
        mean=mean_image, variance=np.ones_like(mean_image), name="subtract_mean"
    )


def hidden_layers(
    settings: Settings, widths: Sequence[int], seeds: Seeds, first: int = 1
) -> list[keras.Layer]:
    """Return hidden layers: dense, then LeakyReLU or maxout, then dropout if there is any.

    Without `init_range` the weights of the first are drawn from N(0, 0.02), as in the tutorial.
    Layers have names of their own, since Keras's count what else the process has built.

    Args:
        settings: The network's section of a config.
        widths: Units of each layer.
        seeds: Of weights and dropout.
        first: Place of the first layer in the network.
    """
    stack: list[keras.Layer] = []
    pieces = getattr(settings, "maxout_pieces", 1)
    for place, width in enumerate(widths, first):
        is_small = place == first and settings.init_range is None
        initializer = (
            _small_normal(seeds) if is_small else initial_weights(settings.init_range, seeds)
        )
        name = f"dense_{place}"
        stack.append(layers.Dense(width * pieces, kernel_initializer=initializer, name=name))
        if pieces > 1:
            dropout = settings.dropout
            stack += _maxout(width, pieces, place)
            stack += [dropout_layer(dropout, seeds, place)] if dropout else []
        else:
            stack += rectified(settings, seeds, place)
    return stack


def rectified(settings: Settings, seeds: Seeds, place: int) -> list[keras.Layer]:
    """Return LeakyReLU, and dropout where there is any.

    Args:
        settings: The network's section of a config.
        seeds: Of dropout.
        place: In the network.
    """
    rectifier = layers.LeakyReLU(settings.slope, name=f"leaky_relu_{place}")
    if not settings.dropout:
        return [rectifier]
    return [rectifier, dropout_layer(settings.dropout, seeds, place)]


def enlarging(
    filters: int, activation: str, init_range: float | None, seeds: Seeds, name: str
) -> keras.Layer:
    """Return the transposed convolution that makes a picture twice as large.

    Args:
        filters: Channels of the larger picture.
        activation: Of the layer.
        init_range: Of its weights, as in a config.
        seeds: Of its weights.
        name: Of the layer.
    """
    return layers.Conv2DTranspose(
        filters,
        KERNEL,
        strides=2,
        padding="same",
        activation=activation,
        kernel_initializer=initial_weights(init_range, seeds),
        name=name,
    )


def dropout_layer(share: float, seeds: Seeds, place: int) -> keras.Layer:
    """Return dropout.

    Args:
        share: Of the units that are dropped.
        seeds: Of the dropout.
        place: In the network, for its name.
    """
    return layers.Dropout(share, seed=next(seeds), name=f"dropout_{place}")


def layer_seeds(seed: int, stream: int) -> Seeds:
    """Yield one seed after another for the layers of one network.

    Args:
        seed: Of the network.
        stream: 0 for generators, 1 for discriminators, 2 for classifiers.

    Raises:
        UserError: Where the seed is not a whole number from 0.
    """
    if not isinstance(seed, int | np.integer) or seed < 0:
        raise UserError(f"seed is {seed!r}; it should be a whole number from 0.")
    return _layer_seeds(np.random.default_rng([seed, stream]))


def checked_classes(classes: int) -> int:
    """Return a number of classes; raise UserError where it is none."""
    if not isinstance(classes, int | np.integer) or not 0 <= classes <= 1000:
        raise UserError(f"classes is {classes!r}; it should be a whole number from 0 to 1,000.")
    return int(classes)


def initial_weights(init_range: float | None, seeds: Seeds) -> keras.Initializer:
    """Return how weights are drawn: U(-init_range, init_range), else Glorot's uniform.

    Args:
        init_range: As in a config.
        seeds: Of the weights.
    """
    if init_range is None:
        return glorot(seeds)
    return keras.initializers.RandomUniform(-init_range, init_range, seed=next(seeds))


def glorot(seeds: Seeds) -> keras.Initializer:
    """Return Glorot's uniform initial weights."""
    return keras.initializers.GlorotUniform(seed=next(seeds))


def _layer_seeds(generator: np.random.Generator) -> Seeds:
    while True:
        yield int(generator.integers(2**31))


def _maxout(width: int, pieces: int, place: int) -> list[keras.Layer]:
    """Return the layers that take the largest of each `pieces` numbers."""
    return [
        layers.Reshape((pieces, width), name=f"pieces_{place}"),
        layers.MaxPooling1D(pieces, name=f"maxout_{place}"),
        layers.Reshape((width,), name=f"largest_{place}"),
    ]


def _small_normal(seeds: Seeds) -> keras.Initializer:
    return keras.initializers.RandomNormal(stddev=0.02, seed=next(seeds))
