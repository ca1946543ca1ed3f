"""G, D and the combined frozen-D model: arguments in, plain `keras.Model` out."""

from collections.abc import Iterator, Sequence
from functools import reduce

import keras
import numpy as np
from keras import layers

from mnist_gan.images import PIXELS, SIDE
from mnist_gan.noise import INPUTS

KERNEL = 4  # pixels on a side of a convolution of G or D: twice its stride, so all count alike
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
    start: float | None = None,
    classes: int = 0,
) -> keras.Model:
    """Return the dense generator: latents (batch, latent) to images (batch, 784) in [-1, 1].

    The defaults are the 2018 tutorial's. `noise`, the latents' distribution (one of those in
    `noise.INPUTS`), is kept in the name of the input. `output` is "tanh", or "sigmoid", which is
    then stretched to [-1, 1]. Weights begin uniform within `start` of 0, or as the tutorial's.
    They are a function of `seed` alone. With `classes` there is a second input: which of them is
    asked for, (batch, classes), one of its numbers 1 and the others 0 (Mirza and Osindero 2014).
    """
    seeds = layer_seeds(seed, stream=0)
    stack = [
        *_hidden(widths, slope, dropout, seeds, start),
        layers.Dense(PIXELS, output, kernel_initializer=_initial(start, seeds), name="image"),
    ]
    return _generator(latent_size, noise, classes, stack, output)


def begin_at(generator: keras.Model, image: np.ndarray) -> None:
    """Give a generator's last layer the biases with which it draws an image (784,) in [-1, 1].

    That is what it draws of noise that comes to nothing there; black and white are drawn nearly so.
    """
    last = generator.get_layer("image")
    stretch = (
        2 if last.activation is keras.activations.sigmoid else 1
    )  # tanh(x) = 2 sigmoid(2x) - 1
    last.bias.assign(stretch * np.arctanh(np.clip(image, -WITHIN, WITHIN)))


def build_discriminator(  # noqa: PLR0913 - what a discriminator is
    widths: Sequence[int] = (1024, 512, 256),
    slope: float = 0.2,
    dropout: float = 0.3,
    seed: int = 0,
    *,
    input_dropout: float = 0.0,
    pieces: int = 1,
    start: float | None = None,
    centre: np.ndarray | None = None,
    classes: int = 0,
) -> keras.Model:
    """Return the dense discriminator: images (batch, 784) to logits (batch, 1).

    A logit above 0 means "real"; its sigmoid is the probability the tutorial prints. The
    defaults are the 2018 tutorial's. With `pieces` above 1 a hidden unit is the largest of so
    many linear ones (maxout) instead of LeakyReLU. With `input_dropout` images are brought to
    [0, 1] first, so that what is dropped is black. Weights begin uniform within `start` of 0, or
    as the tutorial's. They are a function of `seed` alone. A `centre` (784,) is taken from each
    image first. With `classes` there is a second input, as in `build_generator`: which of them an
    image is said to show.
    """
    seeds = layer_seeds(seed, stream=1)
    ink = layers.Rescaling(0.5, 0.5, name="ink")
    seen = [
        *_centred(centre),
        *([ink, _dropout(input_dropout, seeds, 0)] if input_dropout else []),
    ]
    judged = _hidden(widths, slope, dropout, seeds, start, pieces=pieces)
    return _discriminator(seen, judged, classes, start, seeds)


def build_convolutional_generator(  # noqa: PLR0913 - what a generator is
    latent_size: int = 100,
    widths: Sequence[int] = (512, 64, 32),
    slope: float = 0.2,
    dropout: float = 0.0,
    seed: int = 0,
    *,
    noise: str = "normal",
    output: str = "tanh",
    start: float | None = None,
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
    initializer = _initial(start, seeds)
    stack = [
        *_hidden(hidden, slope, dropout, seeds, start),
        layers.Dense(side * side * coarse, kernel_initializer=initializer, name=f"dense_{place}"),
        *_rectified(slope, dropout, seeds, place),
        layers.Reshape((side, side, coarse), name="picture"),
        _enlarging(fine, "linear", start, seeds, f"spread_{place + 1}"),
        *_rectified(slope, dropout, seeds, place + 1),
        _enlarging(1, output, start, seeds, "image"),
        layers.Reshape((PIXELS,), name="flat"),
    ]
    return _generator(latent_size, noise, classes, stack, output)


def build_convolutional_discriminator(
    widths: Sequence[int] = (32, 64, 512),
    slope: float = 0.2,
    dropout: float = 0.3,
    seed: int = 0,
    *,
    start: float | None = None,
    centre: np.ndarray | None = None,
    classes: int = 0,
) -> keras.Model:
    """Return a discriminator like `build_discriminator`'s, but one that looks by convolutions.

    The first two `widths` are filters: convolutions make pictures of 14x14 and of 7x7, which the
    hidden layers of the other widths see as a whole, and the classes beside it.
    """
    seeds = layer_seeds(seed, stream=1)
    seen = [*_centred(centre), layers.Reshape((SIDE, SIDE, 1), name="picture")]
    for place, filters in enumerate(widths[:2], 1):
        seen.append(
            layers.Conv2D(
                filters,
                KERNEL,
                strides=2,
                padding="same",
                kernel_initializer=_initial(start, seeds),
                name=f"conv_{place}",
            )
        )
        seen += _rectified(slope, dropout, seeds, place)
    seen.append(layers.Flatten(name="features"))
    judged = _hidden(widths[2:], slope, dropout, seeds, start, first=3)
    return _discriminator(seen, judged, classes, start, seeds)


def build_gan(generator: keras.Model, discriminator: keras.Model) -> keras.Model:
    """Return the generator into the frozen discriminator: latents (and classes) to logits.

    Its trainable variables are exactly the generator's: `discriminator.trainable` is set to
    False, and stays so. Our own training does not need this model (see `step`); it is here for
    whoever follows a text.
    """
    discriminator.trainable = False
    if len(generator.inputs) == 1:
        return keras.Sequential([generator, discriminator], name="gan")
    latents, label = generator.inputs
    logit = discriminator([generator([latents, label]), label])
    return keras.Model([latents, label], logit, name="gan")


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


def _generator(
    latent_size: int, noise: str, classes: int, stack: Sequence[keras.Layer], output: str
) -> keras.Model:
    """Return layers on latents whose input names their noise, a sigmoid's images stretched."""
    stretched = [layers.Rescaling(2.0, -1.0, name="stretched")] if output == "sigmoid" else []
    latents = keras.Input((latent_size,), name=INPUTS[noise])
    return _network(latents, [], [*stack, *stretched], classes, "generator")


def _discriminator(
    seen: Sequence[keras.Layer],
    judged: Sequence[keras.Layer],
    classes: int,
    start: float | None,
    seeds: Iterator[int],
) -> keras.Model:
    """Return layers on images and layers on what those make of them, down to a logit."""
    logit = layers.Dense(1, kernel_initializer=_initial(start, seeds), name="logit")
    images = keras.Input((PIXELS,), name="image")
    return _network(images, seen, [*judged, logit], classes, "discriminator")


def _network(
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


def _centred(centre: np.ndarray | None) -> list[keras.Layer]:
    """Return the layer that takes an image (784,) from each, if there is one."""
    if centre is None:
        return []
    return [layers.Normalization(mean=centre, variance=np.ones_like(centre), name="centred")]


def _hidden(
    widths: Sequence[int],
    slope: float,
    dropout: float,
    seeds: Iterator[int],
    start: float | None,
    *,
    pieces: int = 1,
    first: int = 1,
) -> list[keras.Layer]:
    """Return the hidden layers; the first starts from N(0, 0.02), as in the tutorial.

    Their names are said, from the place of the first on, since Keras's own would count what else
    the process has built.
    """
    stack: list[keras.Layer] = []
    for place, width in enumerate(widths, first):
        is_small = place == first and start is None
        initializer = _small_normal(seeds) if is_small else _initial(start, seeds)
        name = f"dense_{place}"
        stack.append(layers.Dense(width * pieces, kernel_initializer=initializer, name=name))
        if pieces > 1:
            stack += _largest(width, pieces, place)
            stack += [_dropout(dropout, seeds, place)] if dropout else []
        else:
            stack += _rectified(slope, dropout, seeds, place)
    return stack


def _rectified(slope: float, dropout: float, seeds: Iterator[int], place: int) -> list[keras.Layer]:
    """Return LeakyReLU, and dropout where there is any."""
    rectifier = layers.LeakyReLU(slope, name=f"leaky_relu_{place}")
    return [rectifier, *([_dropout(dropout, seeds, place)] if dropout else [])]


def _enlarging(
    filters: int, activation: str, start: float | None, seeds: Iterator[int], name: str
) -> keras.Layer:
    """Return the transposed convolution that makes a picture twice as large."""
    return layers.Conv2DTranspose(
        filters,
        KERNEL,
        strides=2,
        padding="same",
        activation=activation,
        kernel_initializer=_initial(start, seeds),
        name=name,
    )


def _largest(width: int, pieces: int, place: int) -> list[keras.Layer]:
    """Return the layers that take the largest of each `pieces` numbers (maxout)."""
    return [
        layers.Reshape((pieces, width), name=f"pieces_{place}"),
        layers.MaxPooling1D(pieces, name=f"maxout_{place}"),
        layers.Reshape((width,), name=f"largest_{place}"),
    ]


def _dropout(share: float, seeds: Iterator[int], place: int) -> keras.Layer:
    return layers.Dropout(share, seed=next(seeds), name=f"dropout_{place}")


def layer_seeds(seed: int, stream: int) -> Iterator[int]:
    """Yield one seed after another for the layers of one network."""
    generator = np.random.default_rng([seed, stream])
    while True:
        yield int(generator.integers(2**31))


def _initial(start: float | None, seeds: Iterator[int]) -> keras.Initializer:
    """Return U(-start, start), or Glorot's where no start is given."""
    if start is None:
        return _glorot(seeds)
    return keras.initializers.RandomUniform(-start, start, seed=next(seeds))


def _glorot(seeds: Iterator[int]) -> keras.Initializer:
    return keras.initializers.GlorotUniform(seed=next(seeds))


def _small_normal(seeds: Iterator[int]) -> keras.Initializer:
    return keras.initializers.RandomNormal(stddev=0.02, seed=next(seeds))
