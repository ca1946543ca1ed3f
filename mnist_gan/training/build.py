"""From a config to networks, optimizers and the trainer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mnist_gan.config.schema import Config, Discriminator, Generator, Training
from mnist_gan.data.images import CLASSES, PIXELS
from mnist_gan.data.sources import Dataset
from mnist_gan.support.errors import UserError

if TYPE_CHECKING:
    import keras

    from mnist_gan.training.backends.tensorflow_optimizers import Optimizer
    from mnist_gan.training.trainer import Trainer


class Networks(NamedTuple):
    """The players, and the running mean of the generator where one is kept."""

    generator: keras.Model
    discriminator: keras.Model
    average: keras.Model | None


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
    from mnist_gan.models.discriminator import (
        build_convolutional_discriminator,
        build_discriminator,
    )
    from mnist_gan.models.generator import (
        build_convolutional_generator,
        build_generator,
        set_output_bias,
    )

    g, d, noise = config.generator, config.discriminator, config.noise
    seed, classes = config.training.seed, CLASSES if config.training.conditional else 0
    mean = rows[:, :PIXELS].mean(0)
    mean_image = mean if d.subtract_mean else None
    g_sizes = (noise.latent_size, g.widths, g.slope, g.dropout, seed)
    d_sizes = (d.widths, d.slope, d.dropout, seed)

    def generator() -> keras.Model:
        build = {
            "dense": build_generator,
            "convolutional": build_convolutional_generator,
        }[g.architecture]
        network = build(
            *g_sizes,
            noise=noise.distribution,
            output=g.output,
            init_range=g.init_range,
            classes=classes,
        )
        if g.init_bias_to_mean:
            set_output_bias(network, mean)
        return network

    def discriminator() -> keras.Model:
        if d.architecture == "convolutional":
            return build_convolutional_discriminator(
                *d_sizes, init_range=d.init_range, mean_image=mean_image, classes=classes
            )
        return build_discriminator(
            *d_sizes,
            input_dropout=d.input_dropout,
            maxout_pieces=d.maxout_pieces,
            init_range=d.init_range,
            mean_image=mean_image,
            classes=classes,
        )

    return Networks(generator(), discriminator(), generator() if g.ema_decay else None)


def build_trainer(config: Config, rows: np.ndarray, networks: Networks | None = None) -> Trainer:
    """Return the trainer that a config describes, on its `real_rows`.

    `networks` are those of `build_networks`, where somebody wanted to see them first.
    """
    from mnist_gan.training import objectives
    from mnist_gan.training.backends.tensorflow import GanStep
    from mnist_gan.training.schedules import exponential
    from mnist_gan.training.trainer import Trainer

    g, d, training = config.generator, config.discriminator, config.training
    steps_per_epoch = max(1, len(rows) // training.batch_size)
    decay_updates = _decay_epochs(training) * steps_per_epoch * d.updates_per_generator_update

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
        _optimizer(config, discriminator, d, steps_per_epoch * d.updates_per_generator_update),
        games[training.objective](),
        batch_size=training.batch_size,
        discriminator_updates=d.updates_per_generator_update,
        noise=config.noise.distribution,
        seed=training.seed,
        precision=training.precision,
        penalty=exponential(*d.penalty, decay_updates) if any(d.penalty) else None,
        penalty_kind=d.penalty_kind,
        average=average,
        decay=g.ema_decay,
    )
    return Trainer(
        step,
        rows,
        steps_per_epoch=steps_per_epoch,
        steps_per_call=training.steps_per_call,
        pretrain_steps=d.pretrain_steps,
    )


def _optimizer(
    config: Config,
    network: keras.Model,
    settings: Generator | Discriminator,
    updates: int,
) -> Optimizer:
    """Return the optimizer of a network that makes so many updates in an epoch."""
    from mnist_gan.training.backends.tensorflow_optimizers import Adam, Sgd
    from mnist_gan.training.schedules import constant, cosine, divided, linear

    training, variables = config.training, network.trainable_variables
    first, last = settings.learning_rate, settings.learning_rate * training.final_lr_fraction
    falling = cosine(first, last, _decay_epochs(training) * updates)
    rate = constant(first) if first == last else falling
    if training.lr_decay > 1:
        rate = divided(rate, training.lr_decay)
    if training.optimizer == "adam":
        return Adam(variables, rate, settings.beta_1, settings.beta_2)
    return Sgd(variables, rate, linear(*training.momentum, training.momentum_epochs * updates))


def _decay_epochs(training: Training) -> int:
    """Return after how many epochs rates and penalty are at their last."""
    return training.decay_epochs or training.epochs
