"""Networks of single numbers: D against a fixed G, and a whole game."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import keras
import numpy as np
from keras import layers

from mnist_gan.lab.theory.model import Normal
from mnist_gan.models.blocks import layer_seeds, network_of
from mnist_gan.noise import BOUND
from mnist_gan.objectives.losses import Objective, non_saturating
from mnist_gan.objectives.penalties import Penalty, r1_r2
from mnist_gan.objectives.schedules import cosine, exponential
from mnist_gan.training.backend import Adam, GanStep, forward_at, gradient
from mnist_gan.training.step import StepSettings
from mnist_gan.training.trainer import Trainer

POOL = 200_000  # real samples, from which batches are drawn
UNITS = 50  # of both hidden layers
UPDATES_PER_CALL = 50  # updates in a compiled call
SNAPSHOT_SAMPLES = 10_000  # generated samples in a snapshot, from equally spaced noise
FIT_UPDATES = 3000  # updates of D against a fixed generator


class Phase(NamedTuple):
    """A phase of the game; a snapshot is taken at its end."""

    updates: int  # of both networks since the start of the game, a multiple of UPDATES_PER_EPOCH
    alone: int  # updates of D alone that follow
    caption: str


UPDATES_PER_EPOCH = 10  # updates of both networks; phases end only between epochs
PHASES = (
    Phase(0, 0, "at the start"),
    Phase(0, 500, "D alone, 500 updates"),
    Phase(10, 0, "then 10 of both"),
    Phase(3000, 0, "after 3,000 of both"),
)
GAME_UPDATES = sum(phase.alone for phase in PHASES) + PHASES[-1].updates  # of D


class Snapshot(NamedTuple):
    """The two networks at the end of a phase."""

    logits: np.ndarray  # (n,), of D at given points
    samples: np.ndarray  # (SNAPSHOT_SAMPLES,), in the order of the noise
    caption: str


def fitted_logits(
    p: Normal, q: Normal, x: np.ndarray, seed: int, show: Callable[[int], object]
) -> np.ndarray:
    """Train D against a fixed generator.

    Args:
        p: Density of real samples.
        q: Density of generated samples.
        x: Points (n,).
        seed: Seed of data, weights and noise.
        show: Called with the number of updates since its last call.

    Returns:
        Logits (n,) of the trained D at `x`.
    """
    fixed = keras.Sequential([keras.Input((1,)), layers.Dense(1)])
    fixed.layers[0].set_weights([np.array([[q.std]]), np.array([q.mean])])
    discriminator = network(seed, stream=1)
    step = GanStep(
        fixed,
        discriminator,
        Adam(fixed.trainable_variables, 0.0, 0.5),  # required by GanStep, never applied
        Adam(discriminator.trainable_variables, cosine(1e-2, 1e-4, FIT_UPDATES), 0.5),
        non_saturating(),
        settings=StepSettings(2048, noise="normal", seed=seed),
        forward=forward_at("float32"),
    )
    trainer = Trainer(
        step,
        real_samples(p, seed),
        steps_per_epoch=1,
        steps_per_call=UPDATES_PER_CALL,
        pretrain_steps=FIT_UPDATES,
    )
    for _ in trainer.run(0):
        show(UPDATES_PER_CALL)
    return logits_at(step, x)


def train_game(
    p: Normal, x: np.ndarray, seed: int, show: Callable[[int], object]
) -> list[Snapshot]:
    """Train D and a generator from uniform noise against each other.

    Args:
        p: Density of real samples.
        x: Points (n,) at which D is recorded.
        seed: Seed of data, weights and noise.
        show: Called with the number of updates of D since its last call.

    Returns:
        A snapshot after each of PHASES.
    """
    generator, discriminator = network(seed, stream=0), network(seed, stream=1)
    # without a penalty the two networks oscillate
    penalty = Penalty(r1_r2, exponential(0.01, 0.3, GAME_UPDATES))
    step = GanStep(
        generator,
        discriminator,
        Adam(generator.trainable_variables, cosine(1e-3, 1e-5, PHASES[-1].updates), 0.0, 0.99),
        Adam(discriminator.trainable_variables, cosine(1e-2, 1e-4, GAME_UPDATES), 0.0, 0.99),
        non_saturating()._replace(penalty=penalty),
        settings=StepSettings(1024, noise="uniform", seed=seed),
        forward=forward_at("float32"),
    )
    real = real_samples(p, seed)
    trainer = Trainer(
        step, real, steps_per_epoch=UPDATES_PER_EPOCH, steps_per_call=UPDATES_PER_EPOCH
    )
    noise = np.linspace(-BOUND, BOUND, SNAPSHOT_SAMPLES, dtype=np.float32)[:, None]
    snapshots = []
    for phase in PHASES:
        for report in trainer.run(phase.updates // UPDATES_PER_EPOCH):
            show(report.steps)
        if phase.alone:
            step.pretrain(trainer.images, phase.alone)
            show(phase.alone)
        samples = np.asarray(generator(noise), np.float64)[:, 0]
        snapshots.append(Snapshot(logits_at(step, x), samples, phase.caption))
    return snapshots


def generator_loss(objective: Objective, logits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute G's loss and its gradient by D's logit, for single generated samples.

    Args:
        objective: Objective whose generator loss does not depend on real logits.
        logits: D's logits (n,) of the samples.

    Returns:
        Losses (n,) and gradients (n,).
    """
    losses, gradients = [], []
    for logit in logits:
        fake = np.array([[logit]], np.float32)
        losses.append(float(objective.generator(None, fake)))
        gradients.append(float(gradient(partial(objective.generator, None), fake)[0, 0]))
    return np.array(losses), np.array(gradients)


def real_samples(p: Normal, seed: int) -> np.ndarray:
    """Return real samples, float32 (POOL, 1)."""
    return np.random.default_rng(seed).normal(p.mean, p.std, (POOL, 1)).astype(np.float32)


def network(seed: int, stream: int) -> keras.Sequential:
    """Return a network from (batch, 1) to (batch, 1).

    Its initial weights and biases are large, so it is nonlinear everywhere on the line.
    """
    seeds = layer_seeds(seed, stream)

    def uniform(bound: float = 1.0) -> keras.Initializer:
        return keras.initializers.RandomUniform(-bound, bound, next(seeds))

    stack = [
        layers.Dense(UNITS, "tanh", True, uniform(), uniform()),
        layers.Dense(UNITS, "tanh", True, uniform(0.25), uniform()),
        layers.Dense(1, None, True, uniform(0.6)),
    ]
    return network_of(keras.Input((1,)), stack, [], 0, "network")


def logits_at(step: GanStep, x: np.ndarray) -> np.ndarray:
    """Return D's logits (n,) at x (n,)."""
    samples = x[:, None].astype(np.float32)  # (n, 1)
    return np.asarray(step.discriminator(samples), np.float64)[:, 0]
