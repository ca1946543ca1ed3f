"""From a config to the objects that train: every argument is handed over here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mnist_gan.config import FEWEST_JUDGED, Config, Discriminator, Generator
from mnist_gan.data import Dataset

if TYPE_CHECKING:
    import keras

    from mnist_gan.evaluation import Census
    from mnist_gan.step import Adam
    from mnist_gan.trainer import Trainer


def build_census(config: Config, dataset: Dataset) -> Census | None:
    """Return what judges the digits of a training; None where none are to be judged."""
    from mnist_gan.evaluation import Census

    if not config.training.census or len(dataset.images) < FEWEST_JUDGED:
        return None
    return Census(None if dataset.is_mnist else dataset.images)


def build_trainer(config: Config, images: np.ndarray) -> Trainer:
    """Return the trainer that a config describes, on real images (n, 784)."""
    # here and not above: these import TensorFlow, which must have been started before
    from mnist_gan.models import build_discriminator, build_generator
    from mnist_gan.objectives import non_saturating, relativistic
    from mnist_gan.schedules import constant, cosine, exponential
    from mnist_gan.step import Adam, GanStep
    from mnist_gan.trainer import Trainer

    g, d, training = config.generator, config.discriminator, config.training
    steps_per_epoch = max(1, len(images) // training.batch_size)
    updates = (training.decay_epochs or training.epochs) * steps_per_epoch

    def network() -> keras.Sequential:
        return build_generator(
            config.noise.latent_size, g.widths, g.slope, g.dropout, training.seed
        )

    def optimizer(network: keras.Sequential, settings: Generator | Discriminator, n: int) -> Adam:
        first, last = settings.learning_rate, settings.learning_rate * training.final_rate
        rate = constant(first) if first == last else cosine(first, last, n)
        return Adam(network.trainable_variables, rate, settings.beta_1, settings.beta_2)

    generator = network()
    discriminator = build_discriminator(d.widths, d.slope, d.dropout, training.seed)
    paired = training.objective == "relativistic"
    objective = relativistic() if paired else non_saturating(training.real_label)
    step = GanStep(
        generator,
        discriminator,
        optimizer(generator, g, updates),
        optimizer(discriminator, d, updates * d.steps),
        objective,
        batch_size=training.batch_size,
        discriminator_steps=d.steps,
        seed=training.seed,
        precision=training.precision,
        penalty=exponential(*d.penalty, updates * d.steps) if any(d.penalty) else None,
        average=network() if g.averaging else None,
        decay=g.averaging,
    )
    return Trainer(
        step,
        images,
        steps_per_epoch=steps_per_epoch,
        steps_per_call=training.steps_per_call,
        warmup_steps=d.warmup_steps,
    )
