"""Builders of convolutional networks, for tests that want both kinds."""

from functools import partial

from mnist_gan.models.discriminator import build_discriminator
from mnist_gan.models.generator import build_generator

build_convolutional_generator = partial(build_generator, architecture="convolutional")
build_convolutional_discriminator = partial(build_discriminator, architecture="convolutional")
