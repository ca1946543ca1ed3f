"""From a config to the objects that train: every argument is handed over here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mnist_gan.commands.console import say
from mnist_gan.config import FEWEST_JUDGED, Config, Discriminator, Generator
from mnist_gan.data import ALL_DIGITS, Dataset, load_data

if TYPE_CHECKING:
    import keras

    from mnist_gan.evaluation import Census
    from mnist_gan.step import Adam
    from mnist_gan.trainer import Trainer


class Networks(NamedTuple):
    """The players, and the running mean of the generator where one is kept."""

    generator: keras.Sequential
    discriminator: keras.Sequential
    average: keras.Sequential | None


def load_images(source: str, digits: Sequence[int] = ALL_DIGITS) -> Dataset:
    """Return the data of a source, and say so if it is not the data that was wished for."""
    dataset = load_data(source, digits)
    if dataset.fallback:
        say(f"Training on {dataset.source}.")
    return dataset


def build_census(config: Config, dataset: Dataset) -> Census | None:
    """Return what judges the digits of a training; None where none are to be judged."""
    from mnist_gan.evaluation import Census

    if not config.training.census or len(dataset.images) < FEWEST_JUDGED:
        return None
    return Census(None if dataset.is_mnist else dataset.images)


def build_networks(config: Config) -> Networks:
    """Return the networks that a config describes."""
    # here and not above: this imports TensorFlow, which must have been started before
    from mnist_gan.models import build_discriminator, build_generator

    g, d, seed = config.generator, config.discriminator, config.training.seed

    def generator() -> keras.Sequential:
        return build_generator(config.noise.latent_size, g.widths, g.slope, g.dropout, seed)

    return Networks(
        generator(),
        build_discriminator(d.widths, d.slope, d.dropout, seed),
        generator() if g.averaging else None,
    )


def build_trainer(config: Config, images: np.ndarray, networks: Networks | None = None) -> Trainer:
    """Return the trainer that a config describes, on real images (n, 784).

    `networks` are those of `build_networks`, where somebody wanted to see them first.
    """
    from mnist_gan.objectives import Objective, minimax, non_saturating, relativistic
    from mnist_gan.schedules import constant, cosine, exponential
    from mnist_gan.step import Adam, GanStep
    from mnist_gan.trainer import Trainer

    g, d, training = config.generator, config.discriminator, config.training
    steps_per_epoch = max(1, len(images) // training.batch_size)
    updates = (training.decay_epochs or training.epochs) * steps_per_epoch

    def optimizer(network: keras.Sequential, settings: Generator | Discriminator, n: int) -> Adam:
        first, last = settings.learning_rate, settings.learning_rate * training.final_rate
        rate = constant(first) if first == last else cosine(first, last, n)
        return Adam(network.trainable_variables, rate, settings.beta_1, settings.beta_2)

    generator, discriminator, average = networks or build_networks(config)
    objectives: dict[str, Callable[[], Objective]] = {
        "non_saturating": partial(non_saturating, training.real_label),
        "minimax": partial(minimax, training.real_label),
        "relativistic": relativistic,
    }
    step = GanStep(
        generator,
        discriminator,
        optimizer(generator, g, updates),
        optimizer(discriminator, d, updates * d.steps),
        objectives[training.objective](),
        batch_size=training.batch_size,
        discriminator_steps=d.steps,
        seed=training.seed,
        precision=training.precision,
        penalty=exponential(*d.penalty, updates * d.steps) if any(d.penalty) else None,
        average=average,
        decay=g.averaging,
    )
    return Trainer(
        step,
        images,
        steps_per_epoch=steps_per_epoch,
        steps_per_call=training.steps_per_call,
        warmup_steps=d.warmup_steps,
    )
