"""The generator, dense or convolutional: latents in, images out."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import layers

from mnist_gan.config.loading import checked
from mnist_gan.config.schema import Generator, Noise
from mnist_gan.data.images import PIXELS, SIDE
from mnist_gan.models.blocks import (
    IMAGE,
    checked_classes,
    enlarging,
    has_batch_norm,
    hidden_layers,
    initial_weights,
    layer_seeds,
    network_of,
    normalized,
    rectified,
)
from mnist_gan.noise import INPUTS

WITHIN = 0.998  # of -1 and 1: nearer, a generator that begins there would hardly learn


def build_generator(
    latent_size: int = 100,
    widths: Sequence[int] = (256, 512, 1024),
    *,
    noise: str = "normal",
    classes: int = 0,
    seed: int = 0,
    **settings: Any,
) -> keras.Model:
    """Return a generator: latents (batch, latent) to images (batch, 784) in [-1, 1].

    The defaults are the 2018 tutorial's. Weights are a function of the seed alone.

    >>> build_generator(10, (32, 64), dropout=0.1).output_shape
    (None, 784)

    Args:
        latent_size: Numbers in one latent.
        widths: Units of the hidden layers; of a convolutional generator the last two are channels.
        noise: The distribution of latents, which the name of the input keeps.
        classes: How many classes it is conditioned on, in a second input (batch, classes) of
            which one number is 1 and the others 0 (Mirza and Osindero 2014); 0: none.
        seed: Of the weights and of dropout.
        settings: Other settings of the `generator` section of a config: `architecture`, `slope`,
            `dropout`, `batch_norm`, `spectral_norm`, `upsampling`, `output`, `init_range`.

    Raises:
        UserError: Where an argument is of another type or out of range.
    """
    latents = checked(Noise, latent_size=latent_size, distribution=noise)
    return generator_of(
        checked(Generator, widths=widths, **settings), latents, checked_classes(classes), seed
    )


def generator_of(settings: Generator, noise: Noise, classes: int, seed: int) -> keras.Model:
    """Return the generator that two sections of a config describe.

    Args:
        settings: Its section.
        noise: That of its latents.
        classes: How many classes it is conditioned on; 0: none.
        seed: Of weights and dropout.
    """
    seeds = layer_seeds(seed, stream=0)
    build = {"dense": _dense, "convolutional": _convolutional}[settings.architecture]
    stack = build(settings, seeds)
    if settings.output == "sigmoid":
        stack.append(layers.Rescaling(2.0, -1.0, name="stretched"))
    latents = keras.Input((noise.latent_size,), name=INPUTS[noise.distribution])
    return network_of(latents, [], stack, classes, "generator")


def set_output_bias(generator: keras.Model, image: np.ndarray) -> None:
    """Give the last layer the biases with which it draws an image.

    It is drawn exactly where everything before the biases is 0; black and white are drawn nearly.

    Args:
        generator: The generator.
        image: The image (784,) in [-1, 1].
    """
    last = generator.get_layer(IMAGE)
    # tanh(x) = 2 sigmoid(2x) - 1
    stretch = 2 if last.activation is keras.activations.sigmoid else 1
    last.bias.assign(stretch * np.arctanh(np.clip(image, -WITHIN, WITHIN)))


def _dense(settings: Generator, seeds: Any) -> list[keras.Layer]:
    """Return hidden layers and a layer of 784 pixels."""
    hidden = hidden_layers(settings, settings.widths, seeds)
    initializer = initial_weights(settings.init_range, seeds)
    image = layers.Dense(PIXELS, settings.output, kernel_initializer=initializer, name=IMAGE)
    return [*hidden, image]


def _convolutional(settings: Generator, seeds: Any) -> list[keras.Layer]:
    """Return hidden layers, a picture of 7x7, and layers that enlarge it to 14x14 and to 28x28.

    As in Radford et al. 2016 (DCGAN), who have batch normalization, too.
    """
    *hidden, coarse, fine = settings.widths
    side, place = SIDE // 4, len(hidden) + 1
    initializer = initial_weights(settings.init_range, seeds)
    stack = hidden_layers(settings, hidden, seeds)
    spread = layers.Dense(
        side * side * coarse,
        use_bias=not has_batch_norm(settings, place),
        kernel_initializer=initializer,
        name=f"dense_{place}",
    )
    stack.append(normalized(spread, settings, seeds))
    stack += rectified(settings, seeds, place)
    stack.append(layers.Reshape((side, side, coarse), name="picture"))
    stack += enlarging(fine, "linear", settings, seeds, f"spread_{place + 1}")
    stack += rectified(settings, seeds, place + 1)
    stack += enlarging(1, settings.output, settings, seeds, IMAGE)
    return [*stack, layers.Reshape((PIXELS,), name="flat")]
