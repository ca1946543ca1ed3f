"""From a config to networks, optimizers and the trainer."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mnist_gan.config.schema import Config, Discriminator, Generator, Training
from mnist_gan.data.images import PIXELS
from mnist_gan.data.sources import Dataset
from mnist_gan.objectives.losses import OBJECTIVES, Objective
from mnist_gan.objectives.penalties import PENALTIES, Penalty
from mnist_gan.objectives.schedules import constant, cosine, divided, exponential, linear
from mnist_gan.support.errors import UserError
from mnist_gan.support.runtime import has_gpu

if TYPE_CHECKING:
    import keras

    from mnist_gan.training.optimizers import Optimizer
    from mnist_gan.training.trainer import Trainer


GPU_STEPS = 1000  # in a call on a GPU, where they take less than a second


class Networks(NamedTuple):
    """Generator and discriminator, and the average of the generator where one is kept."""

    generator: keras.Model
    discriminator: keras.Model
    average: keras.Model | None


def real_rows(config: Config, dataset: Dataset) -> np.ndarray:
    """Return what a config trains on: images (n, 784), or with their classes (n, 784 + classes).

    Args:
        config: The config.
        dataset: The real images.

    Raises:
        UserError: Where networks are to be conditioned on labels that are not there.
    """
    if not config.training.conditional:
        return dataset.images
    if dataset.labels is None:
        raise UserError(
            f"{dataset.source} has no labels to condition the networks on; leave out "
            "training.conditional."
        )
    places = [dataset.classes.index(name) for name in dataset.trained]
    one_hot = dataset.labels[:, None] == np.array(places)
    return np.concatenate([dataset.images, one_hot], axis=1, dtype=np.float32)


def build_networks(config: Config, rows: np.ndarray) -> Networks:
    """Return the networks that a config describes.

    Args:
        config: The config.
        rows: What is trained on, as `real_rows` returns it.
    """
    # here and not above: this imports the backend, which must have been started before
    from mnist_gan.models.discriminator import discriminator_of
    from mnist_gan.models.generator import generator_of, set_output_bias

    g, d, seed = config.generator, config.discriminator, config.training.seed
    classes = rows.shape[1] - PIXELS
    mean_image = rows[:, :PIXELS].mean(0)

    def generator() -> keras.Model:
        network = generator_of(g, config.noise, classes, seed)
        if g.init_bias_to_mean:
            set_output_bias(network, mean_image)
        return network

    discriminator = discriminator_of(d, mean_image, classes, seed)
    return Networks(generator(), discriminator, generator() if g.ema_decay else None)


def build_trainer(config: Config, rows: np.ndarray, networks: Networks | None = None) -> Trainer:
    """Return the trainer that a config describes.

    Args:
        config: The config.
        rows: What is trained on, as `real_rows` returns it.
        networks: Those of `build_networks`, where somebody wanted to see them first.
    """
    from mnist_gan.training.backend import GanStep, forward_at
    from mnist_gan.training.step import Ema, StepSettings
    from mnist_gan.training.trainer import Trainer

    g, d, training = config.generator, config.discriminator, config.training
    steps_per_epoch = max(1, len(rows) // training.batch_size)
    discriminator_updates = steps_per_epoch * d.updates_per_generator_update  # in an epoch
    generator, discriminator, average = networks or build_networks(config, rows)
    step = GanStep(
        generator,
        discriminator,
        _optimizer(generator, g, training, steps_per_epoch),
        _optimizer(discriminator, d, training, discriminator_updates),
        _objective(training, d, discriminator_updates),
        settings=StepSettings(
            training.batch_size,
            d.updates_per_generator_update,
            noise=config.noise.distribution,
            seed=training.seed,
            devices=int(training.devices),
        ),
        ema=Ema(average, g.ema_decay) if average else None,
        forward=forward_at(training.precision),
    )
    return Trainer(
        step,
        rows,
        steps_per_epoch=steps_per_epoch,
        steps_per_call=GPU_STEPS if has_gpu() else training.steps_per_call,
        pretrain_steps=d.pretrain_steps,
    )


def _objective(training: Training, d: Discriminator, updates: int) -> Objective:
    """Return the losses and the penalty of a config whose D makes so many updates in an epoch."""
    objective = OBJECTIVES[training.objective](training.real_label)
    if not any(d.penalty):
        return objective
    weight = exponential(*d.penalty, _decay_epochs(training) * updates)
    return objective._replace(penalty=Penalty(PENALTIES[d.penalty_kind], weight))


def _optimizer(
    network: keras.Model, settings: Generator | Discriminator, training: Training, updates: int
) -> Optimizer:
    """Return the optimizer of a network that makes so many updates in an epoch."""
    from mnist_gan.training.backend import Adam, Sgd

    variables, first = network.trainable_variables, settings.learning_rate
    last = first * training.final_lr_fraction
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
