"""G, D and the combined frozen-D model: arguments in, plain `keras.Model` out."""

from collections.abc import Iterator, Sequence

import keras
import numpy as np
from keras import layers

from mnist_gan.images import PIXELS


def build_generator(
    latent_size: int = 100,
    widths: Sequence[int] = (256, 512, 1024),
    slope: float = 0.2,
    dropout: float = 0.0,
    seed: int = 0,
) -> keras.Sequential:
    """Return the dense generator: latents (batch, latent) to images (batch, 784) in [-1, 1].

    The defaults are the 2018 tutorial's. The weights are a function of `seed` alone.
    """
    seeds = layer_seeds(seed, stream=0)
    return keras.Sequential(
        [
            keras.Input((latent_size,), name="latent"),
            *_hidden(widths, slope, dropout, seeds),
            layers.Dense(PIXELS, "tanh", kernel_initializer=_glorot(seeds), name="image"),
        ],
        name="generator",
    )


def build_discriminator(
    widths: Sequence[int] = (1024, 512, 256),
    slope: float = 0.2,
    dropout: float = 0.3,
    seed: int = 0,
) -> keras.Sequential:
    """Return the dense discriminator: images (batch, 784) to logits (batch, 1).

    A logit above 0 means "real"; its sigmoid is the probability the tutorial prints. The
    defaults are the 2018 tutorial's. The weights are a function of `seed` alone.
    """
    seeds = layer_seeds(seed, stream=1)
    return keras.Sequential(
        [
            keras.Input((PIXELS,), name="image"),
            *_hidden(widths, slope, dropout, seeds),
            layers.Dense(1, kernel_initializer=_glorot(seeds), name="logit"),
        ],
        name="discriminator",
    )


def build_gan(generator: keras.Model, discriminator: keras.Model) -> keras.Sequential:
    """Return the generator into the frozen discriminator: latents to logits.

    Its trainable variables are exactly the generator's: `discriminator.trainable` is set to
    False, and stays so. Our own training does not need this model (see `step`); it is here for
    whoever follows a text.
    """
    discriminator.trainable = False
    return keras.Sequential([generator, discriminator], name="gan")


def build_classifier(
    blocks: Sequence[Sequence[int]] = ((32, 32), (64, 64), (64,)), kernel: int = 3, seed: int = 0
) -> keras.Model:
    """Return a convolutional classifier: images (batch, 784) in [-1, 1] to (logits, features).

    Logits are (batch, 10); features are the last block's filters, averaged over the picture,
    (batch, filters). Each block is a row of convolutions with normalisation; between blocks the
    picture is halved. It is the judge of `evaluation`, not a part of any GAN.
    """
    seeds = layer_seeds(seed, stream=2)
    images = keras.Input((PIXELS,), name="image")
    values = layers.Reshape((28, 28, 1))(images)
    for index, block in enumerate(blocks):
        if index:
            values = layers.MaxPooling2D()(values)
        for filters in block:
            initializer = keras.initializers.HeNormal(seed=next(seeds))
            values = layers.Conv2D(
                filters, kernel, padding="same", use_bias=False, kernel_initializer=initializer
            )(values)
            values = layers.ReLU()(layers.BatchNormalization()(values))
    features = layers.GlobalAveragePooling2D(name="features")(values)
    logits = layers.Dense(10, kernel_initializer=_glorot(seeds), name="logits")(features)
    return keras.Model(images, [logits, features], name="classifier")


def _hidden(
    widths: Sequence[int], slope: float, dropout: float, seeds: Iterator[int]
) -> list[keras.Layer]:
    """Return the hidden layers; the first starts from N(0, 0.02), as in the tutorial.

    Their names are said, since Keras's own would count what else the process has built.
    """
    stack: list[keras.Layer] = []
    for place, width in enumerate(widths, 1):
        initializer = _small_normal(seeds) if place == 1 else _glorot(seeds)
        stack.append(layers.Dense(width, kernel_initializer=initializer, name=f"dense_{place}"))
        stack.append(layers.LeakyReLU(slope, name=f"leaky_relu_{place}"))
        if dropout:
            stack.append(layers.Dropout(dropout, seed=next(seeds), name=f"dropout_{place}"))
    return stack


def layer_seeds(seed: int, stream: int) -> Iterator[int]:
    """Yield one seed after another for the layers of one network."""
    generator = np.random.default_rng([seed, stream])
    while True:
        yield int(generator.integers(2**31))


def _glorot(seeds: Iterator[int]) -> keras.Initializer:
    return keras.initializers.GlorotUniform(seed=next(seeds))


def _small_normal(seeds: Iterator[int]) -> keras.Initializer:
    return keras.initializers.RandomNormal(stddev=0.02, seed=next(seeds))
