"""The architecture of the bundled classifiers; no part of a GAN."""

from collections.abc import Sequence

import keras
from keras import layers

from mnist_gan.data.images import PIXELS
from mnist_gan.models.blocks import glorot, layer_seeds


def build_classifier(
    blocks: Sequence[Sequence[int]] = ((32, 32), (64, 64), (64,)),
    kernel: int = 3,
    seed: int | None = 0,
) -> keras.Model:
    """Return a convolutional classifier: images (batch, 784) in [-1, 1] to (logits, features).

    Logits are (batch, 10); features are the last block's filters, averaged over the picture,
    (batch, filters). It evaluates digits and is no part of a GAN.

    Args:
        blocks: The filters of each convolution, with normalisation; between blocks the picture is
            halved.
        kernel: Pixels on a side of a convolution.
        seed: Of the weights; None: they are 0 until others are set.
    """
    seeds = layer_seeds(seed or 0, stream=2)
    zeros = "zeros" if seed is None else None
    images = keras.Input((PIXELS,), name="image")
    values = layers.Reshape((28, 28, 1))(images)
    for index, block in enumerate(blocks):
        if index:
            values = layers.MaxPooling2D()(values)
        for filters in block:
            initializer = zeros or keras.initializers.HeNormal(seed=next(seeds))
            values = layers.Conv2D(
                filters, kernel, padding="same", use_bias=False, kernel_initializer=initializer
            )(values)
            values = layers.ReLU()(layers.BatchNormalization()(values))
    features = layers.GlobalAveragePooling2D(name="features")(values)
    logits = layers.Dense(10, kernel_initializer=zeros or glorot(seeds), name="logits")(features)
    return keras.Model(images, [logits, features], name="classifier")
