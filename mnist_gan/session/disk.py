"""How much disk a run will take, from its config alone."""

import shutil
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from mnist_gan.config.schema import MOST_CLASSES, SOURCES, Config, Discriminator, Generator
from mnist_gan.pages import LARGEST
from mnist_gan.support.errors import UserError
from mnist_gan.support.paths import writable_parent
from mnist_gan.support.units import megabytes

CLASSES, PIXELS = 10, 784  # as in `data.images`, which imports NumPy
GRID = 100  # digits in a grid
NEIGHBOURS = 3  # training images kept for each of them
CHECKPOINTS = 3  # the two that are kept, and the one being written
ROW = 150  # bytes of a row of the history, at most
PAGE = 500_000  # bytes of a page without its grids and its generator
OVERHEAD = 500_000  # bytes of the small files, and of what archives add to their arrays


def refuse_without_room(needed: int, outputs: Path, what: str = "The run") -> None:
    """Check that the disk has room.

    Args:
        needed: Bytes that will be written at most.
        outputs: The folder below which they will be.
        what: What needs them, for the sentence.

    Raises:
        UserError: Where there is no room, or nothing can be written there.
    """
    free = shutil.disk_usage(writable_parent(outputs)).free
    if free < needed:
        raise UserError(
            f"{what} needs {megabytes(needed)} below {outputs}, but only {megabytes(free)} "
            "are free; make room, or choose another place with --outputs."
        )


def folder_bytes(config: Config) -> int:
    """Return the most bytes that the run folder of a config will take."""
    training = config.training
    generator, discriminator = generator_weights(config), discriminator_weights(config)
    trained = generator + discriminator
    average = generator if config.generator.ema_decay else 0
    moments = trained * (2 if training.optimizer == "adam" else 1)
    grids = sum(training.has_grid(epoch) for epoch in range(1, training.epochs + 1))
    page = 3 * generator + grids * 2 * GRID * PIXELS + PAGE
    return (
        CHECKPOINTS * 4 * (trained + average + moments)
        + 2 * 4 * trained  # one of each is written before the old one goes
        + 2 * 4 * generator  # the best one, likewise
        + grids * (1 + NEIGHBOURS) * GRID * PIXELS  # a byte a pixel; PNG packs them better
        + min(LARGEST, page)
        + training.epochs * ROW
        + OVERHEAD
    )


def generator_weights(config: Config) -> int:
    """Return how many weights the generator of a config has."""
    g, inputs = config.generator, config.noise.latent_size + _classes(config)
    if g.architecture == "dense":
        return _weights(_dense(inputs, *g.widths, PIXELS), g)
    *hidden, coarse, fine = g.widths
    side = 3 if g.upsampling == "nearest" else 4
    pictures = [
        _Kernel(side * side * n, filters, filters if g.upsampling == "nearest" else n)
        for n, filters in pairwise((coarse, fine, 1))
    ]
    return _weights([*_dense(inputs, *hidden, 49 * coarse), *pictures], g)


def discriminator_weights(config: Config) -> int:
    """Return how many weights the discriminator of a config has."""
    d, classes = config.discriminator, _classes(config)
    if d.architecture == "dense":
        hidden = [
            _Kernel(n, width * d.maxout_pieces, width * d.maxout_pieces)
            for n, width in pairwise((PIXELS + classes, *d.widths))
        ]
        return _weights([*hidden, *_dense(d.widths[-1], 1)], d)
    coarse, fine, *hidden_widths = d.widths
    pictures = [_Kernel(16 * n, filters, filters) for n, filters in pairwise((1, coarse, fine))]
    return _weights([*pictures, *_dense(49 * fine + classes, *hidden_widths, 1)], d)


class _Kernel(NamedTuple):
    """The kernel of a layer: weights of each unit or filter, how many of these, its last axis."""

    inputs: int
    units: int
    columns: int


def _dense(*widths: int) -> list[_Kernel]:
    """Return the kernels of dense layers from each width to the next."""
    return [_Kernel(n, units, units) for n, units in pairwise(widths)]


def _weights(kernels: Sequence[_Kernel], settings: Generator | Discriminator) -> int:
    """Return the weights of a network of layers with these kernels, in their order."""
    is_generator = isinstance(settings, Generator)
    total = sum(kernel.inputs * kernel.units for kernel in kernels)
    hidden = kernels[:-1] if is_generator else kernels[1:-1]  # that batch normalization may follow
    total += sum(kernel.units for kernel in kernels)  # biases, or what is added instead
    if settings.batch_norm:
        total += 3 * sum(kernel.units for kernel in hidden)  # scales, means and variances
    if settings.spectral_norm:
        total += sum(kernel.columns for kernel in (kernels[:-1] if is_generator else kernels))
    return total


def _classes(config: Config) -> int:
    """Return of how many classes networks are conditioned, at most: the data are not read yet."""
    if not config.training.conditional:
        return 0
    data = config.data
    if data.classes:
        return len(data.classes)
    return CLASSES if data.source in SOURCES else MOST_CLASSES
