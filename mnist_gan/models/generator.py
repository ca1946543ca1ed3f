"""The generator, dense or convolutional: latents in, images out."""

from collections.abc import Sequence

import keras
import numpy as np
from keras import layers

from mnist_gan.data.images import PIXELS, SIDE
from mnist_gan.models.blocks import (
    enlarging,
    hidden_layers,
    initial_weights,
    layer_seeds,
    network_of,
    rectified,
)
from mnist_gan.noise import INPUTS

WITHIN = 0.998  # of -1 and 1: nearer, a generator that begins there would hardly learn


def build_generator(  # noqa: PLR0913 - what a generator is
    latent_size: int = 100,
    widths: Sequence[int] = (256, 512, 1024),
    slope: float = 0.2,
    dropout: float = 0.0,
    seed: int = 0,
    *,
    noise: str = "normal",
    output: str = "tanh",
    init_range: float | None = None,
    classes: int = 0,
) -> keras.Model:
    """Return the dense generator: latents (batch, latent) to images (batch, 784) in [-1, 1].

    The defaults are the 2018 tutorial's. `noise`, the latents' distribution (one of those in
    `noise.INPUTS`), is kept in the name of the input. `output` is "tanh", or "sigmoid", which is
    then stretched to [-1, 1]. Weights begin uniform within `init_range` of 0, or as the tutorial's.
    They are a function of `seed` alone. With `classes` there is a second input: which of them is
    asked for, (batch, classes), one of its numbers 1 and the others 0 (Mirza and Osindero 2014).
    """
    seeds = layer_seeds(seed, stream=0)
    stack = [
        *hidden_layers(widths, slope, dropout, seeds, init_range),
        layers.Dense(
            PIXELS, output, kernel_initializer=initial_weights(init_range, seeds), name="image"
        ),
    ]
    return _generator(latent_size, noise, classes, stack, output)


def set_output_bias(generator: keras.Model, image: np.ndarray) -> None:
    """Give a generator's last layer the biases with which it draws an image (784,) in [-1, 1].

    That is what it draws of noise that comes to nothing there; black and white are drawn nearly so.
    """
    last = generator.get_layer("image")
    stretch = (
        2 if last.activation is keras.activations.sigmoid else 1
    )  # tanh(x) = 2 sigmoid(2x) - 1
    last.bias.assign(stretch * np.arctanh(np.clip(image, -WITHIN, WITHIN)))


def build_convolutional_generator(  # noqa: PLR0913 - what a generator is
    latent_size: int = 100,
    widths: Sequence[int] = (512, 64, 32),
    slope: float = 0.2,
    dropout: float = 0.0,
    seed: int = 0,
    *,
    noise: str = "normal",
    output: str = "tanh",
    init_range: float | None = None,
    classes: int = 0,
) -> keras.Model:
    """Return a generator like `build_generator`'s, but one that draws by convolutions.

    The last two `widths` are channels: after hidden layers of the others a dense layer makes a
    picture of 7x7, and transposed convolutions enlarge it to 14x14, and to 28x28 with one channel,
    as in Radford et al. 2016 (DCGAN), but without normalisation.
    """
    seeds = layer_seeds(seed, stream=0)
    *hidden, coarse, fine = widths
    side, place = SIDE // 4, len(hidden) + 1
    initializer = initial_weights(init_range, seeds)
    stack = [
        *hidden_layers(hidden, slope, dropout, seeds, init_range),
        layers.Dense(side * side * coarse, kernel_initializer=initializer, name=f"dense_{place}"),
        *rectified(slope, dropout, seeds, place),
        layers.Reshape((side, side, coarse), name="picture"),
        enlarging(fine, "linear", init_range, seeds, f"spread_{place + 1}"),
        *rectified(slope, dropout, seeds, place + 1),
        enlarging(1, output, init_range, seeds, "image"),
        layers.Reshape((PIXELS,), name="flat"),
    ]
    return _generator(latent_size, noise, classes, stack, output)


def _generator(
    latent_size: int, noise: str, classes: int, stack: Sequence[keras.Layer], output: str
) -> keras.Model:
    """Return layers on latents whose input names their noise, a sigmoid's images stretched."""
    stretched = [layers.Rescaling(2.0, -1.0, name="stretched")] if output == "sigmoid" else []
    latents = keras.Input((latent_size,), name=INPUTS[noise])
    return network_of(latents, [], [*stack, *stretched], classes, "generator")
