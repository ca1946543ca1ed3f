"""The discriminator, dense or convolutional: images in, logits out."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import layers

from mnist_gan.config.loading import checked
from mnist_gan.config.schema import Discriminator
from mnist_gan.data.images import PIXELS, SIDE
from mnist_gan.models.blocks import (
    KERNEL,
    checked_classes,
    dropout_layer,
    has_batch_norm,
    hidden_layers,
    initial_weights,
    layer_seeds,
    mean_subtraction,
    network_of,
    normalized,
    rectified,
)
from mnist_gan.support.errors import UserError


def build_discriminator(
    widths: Sequence[int] = (1024, 512, 256),
    *,
    mean_image: np.ndarray | None = None,
    classes: int = 0,
    seed: int = 0,
    **settings: Any,
) -> keras.Model:
    """Return a discriminator: images (batch, 784) in [-1, 1] to logits (batch, 1).

    A logit above 0 means "real"; its sigmoid is the probability that the tutorial prints. The
    defaults are the 2018 tutorial's. Weights are a function of the seed alone.

    >>> build_discriminator((64, 32), dropout=0.0).output_shape
    (None, 1)

    Args:
        widths: Units of the hidden layers; of a convolutional discriminator the first two are
            filters.
        mean_image: An image (784,) that is subtracted from each; None: none is.
        classes: How many classes it is conditioned on, as in `build_generator`; 0: none.
        seed: Of the weights and of dropout.
        settings: Other settings of the `discriminator` section of a config: `architecture`,
            `slope`, `dropout`, `batch_norm`, `spectral_norm`, `input_dropout`, `maxout_pieces`,
            `init_range`.

    Raises:
        UserError: Where an argument is of another type or out of range.
    """
    if mean_image is not None and np.shape(mean_image) != (PIXELS,):
        raise UserError(f"mean_image has shape {np.shape(mean_image)}; it should be ({PIXELS},).")
    section = checked(
        Discriminator, widths=widths, subtract_mean=mean_image is not None, **settings
    )
    return discriminator_of(section, mean_image, checked_classes(classes), seed)


def discriminator_of(
    settings: Discriminator, mean_image: np.ndarray | None, classes: int, seed: int
) -> keras.Model:
    """Return the discriminator that a section of a config describes.

    Args:
        settings: The section.
        mean_image: The image (784,) to subtract, where the section says so.
        classes: How many classes it is conditioned on; 0: none.
        seed: Of weights and dropout.
    """
    seeds = layer_seeds(seed, stream=1)
    build = {"dense": _dense, "convolutional": _convolutional}[settings.architecture]
    seen, judged = build(settings, seeds)
    if settings.subtract_mean and mean_image is not None:
        seen = [mean_subtraction(mean_image), *seen]
    initializer = initial_weights(settings.init_range, seeds)
    logit = layers.Dense(1, kernel_initializer=initializer, name="logit")
    judged = [*judged, normalized(logit, settings, seeds)]
    images = keras.Input((PIXELS,), name="image")
    return network_of(images, seen, judged, classes, "discriminator")


Stacks = tuple[list[keras.Layer], list[keras.Layer]]  # on images; on those and the classes


def _dense(settings: Discriminator, seeds: Any) -> Stacks:
    """Return dropout of pixels, if any, and hidden layers.

    With it images are scaled to [0, 1] first, so that what is dropped is black.
    """
    seen: list[keras.Layer] = []
    if settings.input_dropout:
        ink = layers.Rescaling(0.5, 0.5, name="ink")
        seen = [ink, dropout_layer(settings.input_dropout, seeds, 0)]
    return seen, hidden_layers(settings, settings.widths, seeds)


def _convolutional(settings: Discriminator, seeds: Any) -> Stacks:
    """Return convolutions to pictures of 14x14 and of 7x7, and hidden layers that see the whole."""
    seen: list[keras.Layer] = [layers.Reshape((SIDE, SIDE, 1), name="picture")]
    for place, filters in enumerate(settings.widths[:2], 1):
        conv = layers.Conv2D(
            filters,
            KERNEL,
            strides=2,
            padding="same",
            use_bias=not has_batch_norm(settings, place),
            kernel_initializer=initial_weights(settings.init_range, seeds),
            name=f"conv_{place}",
        )
        seen.append(normalized(conv, settings, seeds))
        seen += rectified(settings, seeds, place)
    seen.append(layers.Flatten(name="features"))
    return seen, hidden_layers(settings, settings.widths[2:], seeds, first=3)
