"""From a config to the objects that train: every argument is handed over here."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mnist_gan.commands.console import say
from mnist_gan.config import FEWEST_JUDGED, Config, Data, Discriminator, Generator, Training
from mnist_gan.data import Dataset, load_data
from mnist_gan.errors import UserError
from mnist_gan.images import CLASSES, PIXELS
from mnist_gan.runs import DataRecord

if TYPE_CHECKING:
    import keras

    from mnist_gan.evaluation import Census
    from mnist_gan.optimizers import Optimizer
    from mnist_gan.trainer import Trainer


class Networks(NamedTuple):
    """The players, and the running mean of the generator where one is kept."""

    generator: keras.Model
    discriminator: keras.Model
    average: keras.Model | None


class Plan(NamedTuple):
    """A training that could begin."""

    config: Config
    threads: int
    dataset: Dataset
    trainer: Trainer
    census: Census | None
    began: float  # when there were images to train on


def load_images(data: Data) -> Dataset:
    """Return the real images of a config, and say so if they are not those that were wished for."""
    dataset = load_data(data.source, data.digits, data.holdout)
    if dataset.fallback:
        say(f"Training on {dataset.source}.")
    return dataset


def data_record(dataset: Dataset, census: Census | None = None) -> DataRecord:
    """Return what a run remembers of its data, and of how its census sees them."""
    return DataRecord(
        source=dataset.source,
        count=len(dataset.images),
        sha256=dataset.sha256,
        shares=tuple(census.shares.tolist()) if census else None,
    )


def build_census(config: Config, dataset: Dataset) -> Census | None:
    """Return what judges the digits of a training; None where none are to be judged."""
    from mnist_gan.evaluation import Census

    if not config.training.census or len(dataset.images) < FEWEST_JUDGED:
        return None
    if dataset.held_out is None and dataset.is_mnist:
        return Census()
    return Census(dataset.images if dataset.held_out is None else dataset.held_out)


def real_rows(config: Config, dataset: Dataset) -> np.ndarray:
    """Return what a config trains on: images (n, 784), or with their digits (n, 784 + 10)."""
    if not config.training.conditional:
        return dataset.images
    if dataset.labels is None:
        raise UserError(
            f"{dataset.source} has no labels, so there is no digit to tell the networks; leave out "
            "training.conditional."
        )
    told = dataset.labels[:, None] == np.arange(CLASSES)
    return np.concatenate([dataset.images, told], axis=1, dtype=np.float32)


def build_networks(config: Config, rows: np.ndarray) -> Networks:
    """Return the networks that a config describes, for real rows (n, 784) or (n, 784 + 10)."""
    # here and not above: this imports TensorFlow, which must have been started before
    from mnist_gan import models

    g, d, noise = config.generator, config.discriminator, config.noise
    seed, classes = config.training.seed, CLASSES if config.training.conditional else 0
    mean = rows[:, :PIXELS].mean(0)
    centre = mean if d.centred else None
    g_sizes = (noise.latent_size, g.widths, g.slope, g.dropout, seed)
    d_sizes = (d.widths, d.slope, d.dropout, seed)

    def generator() -> keras.Model:
        build = {
            "dense": models.build_generator,
            "convolutional": models.build_convolutional_generator,
        }[g.architecture]
        network = build(
            *g_sizes, noise=noise.distribution, output=g.output, start=g.start, classes=classes
        )
        if g.mean_start:
            models.begin_at(network, mean)
        return network

    def discriminator() -> keras.Model:
        if d.architecture == "convolutional":
            return models.build_convolutional_discriminator(
                *d_sizes, start=d.start, centre=centre, classes=classes
            )
        return models.build_discriminator(
            *d_sizes,
            input_dropout=d.input_dropout,
            pieces=d.pieces,
            start=d.start,
            centre=centre,
            classes=classes,
        )

    return Networks(generator(), discriminator(), generator() if g.averaging else None)


def build_trainer(config: Config, rows: np.ndarray, networks: Networks | None = None) -> Trainer:
    """Return the trainer that a config describes, on its `real_rows`.

    `networks` are those of `build_networks`, where somebody wanted to see them first.
    """
    from mnist_gan import objectives
    from mnist_gan.schedules import exponential
    from mnist_gan.step import GanStep
    from mnist_gan.trainer import Trainer

    g, d, training = config.generator, config.discriminator, config.training
    steps_per_epoch = max(1, len(rows) // training.batch_size)
    decay_updates = _decay_epochs(training) * steps_per_epoch * d.steps

    generator, discriminator, average = networks or build_networks(config, rows)
    games: dict[str, Callable[[], objectives.Objective]] = {
        "non_saturating": partial(objectives.non_saturating, training.real_label),
        "minimax": partial(objectives.minimax, training.real_label),
        "least_squares": objectives.least_squares,
        "hinge": objectives.hinge,
        "wasserstein": objectives.wasserstein,
        "relativistic": objectives.relativistic,
    }
    step = GanStep(
        generator,
        discriminator,
        _optimizer(config, generator, g, steps_per_epoch),
        _optimizer(config, discriminator, d, steps_per_epoch * d.steps),
        games[training.objective](),
        batch_size=training.batch_size,
        discriminator_steps=d.steps,
        noise=config.noise.distribution,
        seed=training.seed,
        precision=training.precision,
        penalty=exponential(*d.penalty, decay_updates) if any(d.penalty) else None,
        penalty_kind=d.penalty_kind,
        average=average,
        decay=g.averaging,
    )
    return Trainer(
        step,
        rows,
        steps_per_epoch=steps_per_epoch,
        steps_per_call=training.steps_per_call,
        warmup_steps=d.warmup_steps,
    )


def _optimizer(
    config: Config,
    network: keras.Model,
    settings: Generator | Discriminator,
    updates: int,
) -> Optimizer:
    """Return the optimizer of a network that makes so many updates in an epoch."""
    from mnist_gan.optimizers import Adam, Sgd
    from mnist_gan.schedules import constant, cosine, divided, linear

    training, variables = config.training, network.trainable_variables
    first, last = settings.learning_rate, settings.learning_rate * training.final_rate
    falling = cosine(first, last, _decay_epochs(training) * updates)
    rate = constant(first) if first == last else falling
    if training.rate_divisor > 1:
        rate = divided(rate, training.rate_divisor)
    if training.optimizer == "adam":
        return Adam(variables, rate, settings.beta_1, settings.beta_2)
    return Sgd(variables, rate, linear(*training.momentum, training.momentum_epochs * updates))


def _decay_epochs(training: Training) -> int:
    """Return after how many epochs rates and penalty are at their last."""
    return training.decay_epochs or training.epochs
