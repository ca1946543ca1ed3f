"""Small generators of every kind, for tests that export them."""

import numpy as np

from mnist_gan.models.generator import build_generator
from mnist_gan.sampling.numpy_generator import NumpyGenerator
from mnist_gan.sampling.numpy_layers import Activation, Dense
from mnist_gan.sampling.sampler import copy_generator
from tests.networks import build_convolutional_generator

BUILDERS = {
    "dense": lambda: build_generator(20, (32, 24), init_range=0.3),
    "of 2014": lambda: build_generator(
        20, (32,), slope=0.0, noise="uniform", output="sigmoid", init_range=0.3
    ),
    "categorical": lambda: build_generator(
        20, (32,), noise="normal+categorical", init_range=0.3, classes=10
    ),
    "convolutional": lambda: build_convolutional_generator(20, (16, 8, 4), init_range=0.5),
    "both": lambda: build_convolutional_generator(20, (8, 4), init_range=0.3, classes=10),
}


def built(kind: str) -> NumpyGenerator:
    """Return a small generator of a kind, with weights that give it contrast."""
    return copy_generator(BUILDERS[kind]())


def broken() -> NumpyGenerator:
    """Return a generator whose images are no numbers."""
    kernel = np.full((20, 784), np.nan, np.float32)
    return NumpyGenerator([Dense(kernel, np.zeros(784, np.float32)), Activation("tanh")])
