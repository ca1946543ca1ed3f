"""How much disk a run will take, from its config alone."""

import shutil
from itertools import pairwise
from pathlib import Path

from mnist_gan.config.schema import MOST_CLASSES, SOURCES, Config
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
        return _dense(inputs, *g.widths, PIXELS)
    *hidden, coarse, fine = g.widths
    return _dense(inputs, *hidden, 49 * coarse) + _convolutions(coarse, fine) + 16 * fine + 1


def discriminator_weights(config: Config) -> int:
    """Return how many weights the discriminator of a config has."""
    d, classes = config.discriminator, _classes(config)
    if d.architecture == "dense":
        hidden = [
            (n + 1) * width * d.maxout_pieces
            for n, width in pairwise((PIXELS + classes, *d.widths))
        ]
        return sum(hidden) + _dense(d.widths[-1], 1)
    coarse, fine, *hidden_widths = d.widths
    return _convolutions(1, coarse, fine) + _dense(49 * fine + classes, *hidden_widths, 1)


def _classes(config: Config) -> int:
    """Return of how many classes networks are conditioned, at most: the data are not read yet."""
    if not config.training.conditional:
        return 0
    data = config.data
    if data.classes:
        return len(data.classes)
    return CLASSES if data.source in SOURCES else MOST_CLASSES


def _dense(*widths: int) -> int:
    """Return the weights of dense layers from each width to the next."""
    return sum((n + 1) * units for n, units in pairwise(widths))


def _convolutions(*channels: int) -> int:
    """Return the weights of convolutions of 4x4 from each number of channels to the next."""
    return sum((16 * n + 1) * filters for n, filters in pairwise(channels))
