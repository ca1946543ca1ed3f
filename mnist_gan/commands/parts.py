"""From a config to the objects that train: every argument is handed over here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mnist_gan.config import Config

if TYPE_CHECKING:
    from mnist_gan.trainer import Trainer


def build_trainer(config: Config, images: np.ndarray) -> Trainer:
    """Return the trainer that a config describes, on real images (n, 784)."""
    # here and not above: these import TensorFlow, which must have been started before
    from mnist_gan.models import build_discriminator, build_generator
    from mnist_gan.objectives import non_saturating
    from mnist_gan.step import Adam, GanStep
    from mnist_gan.trainer import Trainer

    g, d, training = config.generator, config.discriminator, config.training
    generator = build_generator(
        config.noise.latent_size, g.widths, g.slope, g.dropout, training.seed
    )
    discriminator = build_discriminator(d.widths, d.slope, d.dropout, training.seed)
    step = GanStep(
        generator,
        discriminator,
        Adam(generator.trainable_variables, g.learning_rate, g.beta_1),
        Adam(discriminator.trainable_variables, d.learning_rate, d.beta_1),
        non_saturating(training.real_label),
        batch_size=training.batch_size,
        discriminator_steps=d.steps,
        seed=training.seed,
        precision=training.precision,
    )
    return Trainer(
        step,
        images,
        steps_per_epoch=max(1, len(images) // training.batch_size),
        steps_per_call=training.steps_per_call,
        warmup_steps=d.warmup_steps,
    )
