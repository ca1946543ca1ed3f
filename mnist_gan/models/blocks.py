"""The layers of which both networks are built."""

from collections.abc import Iterator, Sequence
from functools import reduce

import keras
import numpy as np
from keras import layers

from mnist_gan.config.schema import Discriminator, Generator
from mnist_gan.models.spectral import SpectralNormalization
from mnist_gan.models.weights import built
from mnist_gan.support.errors import UserError

KERNEL = 4  # pixels on a side of a convolution of G or D: twice its stride, so all count alike
SMOOTHING = 3  # pixels on a side of a convolution after upsampling
IMAGE = "image"  # name of a generator's last layer with weights, which no normalization follows
MOMENTUM = 0.9  # of the means and variances that batch normalization collects for inference

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
        values = layers.Concatenate(name="with_label")([values, label])
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

    Batch normalization stands before LeakyReLU or maxout.

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
        dense = layers.Dense(
            width * pieces,
            use_bias=not has_batch_norm(settings, place),
            kernel_initializer=initializer,
            name=f"dense_{place}",
        )
        stack.append(normalized(dense, settings, seeds))
        stack += rectified(settings, seeds, place, _maxout(width, pieces, place))
    return stack


def has_batch_norm(settings: Settings, place: int) -> bool:
    """Return whether a layer is followed by batch normalization.

    That of a discriminator that sees the images is not, as in Radford et al. 2016 (DCGAN).

    Args:
        settings: The network's section of a config.
        place: Of the layer in the network, from 1.
    """
    return settings.batch_norm and (place > 1 or isinstance(settings, Generator))


def normalized(layer: keras.Layer, settings: Settings, seeds: Seeds) -> keras.Layer:
    """Return a layer with spectral normalization where the settings say so, else itself.

    Args:
        layer: The layer.
        settings: The network's section of a config.
        seeds: Of the first estimate of the singular vector.
    """
    if not settings.spectral_norm:
        return layer
    vector = keras.initializers.RandomNormal(seed=next(seeds))
    return SpectralNormalization(layer, vector, name=f"spectral_{layer.name}")


def rectified(
    settings: Settings, seeds: Seeds, place: int, maxout: Sequence[keras.Layer] = ()
) -> list[keras.Layer]:
    """Return what follows a hidden layer: LeakyReLU, and whatever else the settings ask for.

    Args:
        settings: The network's section of a config.
        seeds: Of dropout.
        place: In the network.
        maxout: Layers in place of LeakyReLU, if there are any.
    """
    stack: list[keras.Layer] = []
    if has_batch_norm(settings, place):
        stack.append(layers.BatchNormalization(momentum=MOMENTUM, name=f"batch_norm_{place}"))
    stack += maxout or [layers.LeakyReLU(settings.slope, name=f"leaky_relu_{place}")]
    if settings.dropout:
        stack.append(dropout_layer(settings.dropout, seeds, place))
    return stack


def enlarging(
    filters: int, activation: str, settings: Generator, seeds: Seeds, name: str
) -> list[keras.Layer]:
    """Return the layers that make a picture twice as large.

    Args:
        filters: Channels of the larger picture.
        activation: Of the last of them.
        settings: The generator's section of a config.
        seeds: Of the weights.
        name: Of the layer with weights; IMAGE for that which makes the image.
    """
    is_nearest, is_hidden = settings.upsampling == "nearest", name != IMAGE
    kind, size, strides = (
        (layers.Conv2D, SMOOTHING, 1) if is_nearest else (layers.Conv2DTranspose, KERNEL, 2)
    )
    spread = kind(
        filters,
        size,
        strides=strides,
        padding="same",
        activation=activation,
        use_bias=not (is_hidden and settings.batch_norm),
        kernel_initializer=initial_weights(settings.init_range, seeds),
        name=name,
    )
    made = normalized(spread, settings, seeds) if is_hidden else spread
    return [layers.UpSampling2D(name=f"upsampling_{name}"), made] if is_nearest else [made]


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
    """Return a number of classes; raise UserError unless it is a whole number from 0 to 1,000."""
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
    """Return the layers that take the largest of each `pieces` numbers, none for one piece."""
    if pieces == 1:
        return []
    return [
        layers.Reshape((pieces, width), name=f"pieces_{place}"),
        layers.MaxPooling1D(pieces, name=f"maxout_{place}"),
        layers.Reshape((width,), name=f"largest_{place}"),
    ]


def _small_normal(seeds: Seeds) -> keras.Initializer:
    return keras.initializers.RandomNormal(stddev=0.02, seed=next(seeds))
