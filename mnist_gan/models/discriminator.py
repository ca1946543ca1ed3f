"""The discriminator, dense or convolutional: images in, logits out."""

from collections.abc import Iterator, Sequence

import keras
import numpy as np
from keras import layers

from mnist_gan.data.images import PIXELS, SIDE
from mnist_gan.models.blocks import (
    KERNEL,
    dropout_layer,
    hidden_layers,
    initial_weights,
    layer_seeds,
    mean_subtraction,
    network_of,
    rectified,
)


def build_discriminator(  # noqa: PLR0913 - what a discriminator is
    widths: Sequence[int] = (1024, 512, 256),
    slope: float = 0.2,
    dropout: float = 0.3,
    seed: int = 0,
    *,
    input_dropout: float = 0.0,
    maxout_pieces: int = 1,
    init_range: float | None = None,
    mean_image: np.ndarray | None = None,
    classes: int = 0,
) -> keras.Model:
    """Return the dense discriminator: images (batch, 784) to logits (batch, 1).

    A logit above 0 means "real"; its sigmoid is the probability the tutorial prints. The
    defaults are the 2018 tutorial's. With `maxout_pieces` above 1 a hidden unit is the largest of so
    many linear ones (maxout) instead of LeakyReLU. With `input_dropout` images are brought to
    [0, 1] first, so that what is dropped is black. Weights begin uniform within `init_range` of 0, or
    as the tutorial's. They are a function of `seed` alone. A `mean_image` (784,) is taken from each
    image first. With `classes` there is a second input, as in `build_generator`: which of them an
    image is said to show.
    """
    seeds = layer_seeds(seed, stream=1)
    ink = layers.Rescaling(0.5, 0.5, name="ink")
    seen = [
        *mean_subtraction(mean_image),
        *([ink, dropout_layer(input_dropout, seeds, 0)] if input_dropout else []),
    ]
    judged = hidden_layers(widths, slope, dropout, seeds, init_range, maxout_pieces=maxout_pieces)
    return _discriminator(seen, judged, classes, init_range, seeds)


def build_convolutional_discriminator(
    widths: Sequence[int] = (32, 64, 512),
    slope: float = 0.2,
    dropout: float = 0.3,
    seed: int = 0,
    *,
    init_range: float | None = None,
    mean_image: np.ndarray | None = None,
    classes: int = 0,
) -> keras.Model:
    """Return a discriminator like `build_discriminator`'s, but one that looks by convolutions.

    The first two `widths` are filters: convolutions make pictures of 14x14 and of 7x7, which the
    hidden layers of the other widths see as a whole, and the classes beside it.
    """
    seeds = layer_seeds(seed, stream=1)
    seen = [*mean_subtraction(mean_image), layers.Reshape((SIDE, SIDE, 1), name="picture")]
    for place, filters in enumerate(widths[:2], 1):
        seen.append(
            layers.Conv2D(
                filters,
                KERNEL,
                strides=2,
                padding="same",
                kernel_initializer=initial_weights(init_range, seeds),
                name=f"conv_{place}",
            )
        )
        seen += rectified(slope, dropout, seeds, place)
    seen.append(layers.Flatten(name="features"))
    judged = hidden_layers(widths[2:], slope, dropout, seeds, init_range, first=3)
    return _discriminator(seen, judged, classes, init_range, seeds)


def _discriminator(
    seen: Sequence[keras.Layer],
    judged: Sequence[keras.Layer],
    classes: int,
    init_range: float | None,
    seeds: Iterator[int],
) -> keras.Model:
    """Return layers on images and layers on what those make of them, down to a logit."""
    logit = layers.Dense(1, kernel_initializer=initial_weights(init_range, seeds), name="logit")
    images = keras.Input((PIXELS,), name="image")
    return network_of(images, seen, [*judged, logit], classes, "discriminator")
