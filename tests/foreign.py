"""Generators as other people write them in Keras, small and with random weights."""

import warnings

import keras
import numpy as np
from keras import layers as k


def randomised(model: keras.Model) -> keras.Model:
    """Return the model with larger random weights; variances are above 0, as they are in Keras."""
    rng = np.random.default_rng(0)
    for weight in model.weights:
        values = rng.normal(0, 0.3, weight.shape).astype(np.float32)
        weight.assign(0.1 + np.abs(values) if weight.path.endswith("variance") else values)
    return model


def build_dcgan() -> keras.Model:
    """Return a network like TensorFlow's DCGAN tutorial: no biases, batch normalization, 5x5."""
    options = {"padding": "same", "use_bias": False}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras prefers an Input, but many still write it so
        first = k.Dense(7 * 7 * 6, use_bias=False, input_shape=(10,))
    return _sequential(
        first,
        k.BatchNormalization(),
        k.LeakyReLU(),
        k.Reshape((7, 7, 6)),
        k.Conv2DTranspose(4, 5, strides=1, **options),
        k.BatchNormalization(scale=False),
        k.LeakyReLU(),
        k.Conv2DTranspose(3, 5, strides=2, **options),
        k.BatchNormalization(center=False, momentum=0.8),
        k.Activation("selu"),
        k.Conv2DTranspose(1, 5, strides=2, activation="tanh", **options),
    )


def build_upsampling() -> keras.Model:
    """Return a network that enlarges and convolves, in [0, 1]."""
    return _sequential(
        keras.Input((10,)),
        k.Dense(8 * 8 * 4, activation=k.LeakyReLU(0.1)),
        k.Reshape((8, 8, -1)),
        k.UpSampling2D(),
        k.Conv2D(6, 5, padding="same", activation="leaky_relu"),
        k.SpatialDropout2D(0.3),
        k.UpSampling2D((4, 2)),
        k.Conv2D(4, 4, strides=(2, 1), padding="same", activation="elu"),
        k.Cropping2D(2),
        k.Conv2D(1, 4, padding="same", activation="sigmoid"),
    )


def build_from_a_pixel() -> keras.Model:
    """Return a network that begins with a transposed convolution of one pixel, as in PyTorch."""
    return _sequential(
        keras.Input((10,)),
        k.Reshape((1, 1, 10)),
        k.Conv2DTranspose(6, 7, padding="valid", activation="silu"),
        k.BatchNormalization(),
        k.ReLU(),
        k.Conv2DTranspose(3, (2, 4), strides=2, padding="same"),
        k.Conv2DTranspose(2, 3, strides=2, padding="valid"),
        k.Conv2D(1, 2, padding="valid"),
        k.Flatten(),
        k.Activation("tanh"),
    )


def build_nested() -> keras.Model:
    """Return a functional model around a sequential one, with images of (28, 28)."""
    inner = keras.Sequential([keras.Input((10,)), k.Dense(12, "relu"), k.BatchNormalization()])
    inputs = keras.Input((10,))
    values = k.GaussianNoise(0.1)(k.Dense(9, "tanh")(inputs))
    values = k.Dense(784, "tanh")(inner(k.Dense(10, "tanh")(values)))
    return randomised(keras.Model(inputs, k.Reshape((28, 28))(values)))


BUILDERS = [build_dcgan, build_upsampling, build_from_a_pixel, build_nested]


def _sequential(*layers: keras.Layer) -> keras.Model:
    return randomised(keras.Sequential(list(layers)))
