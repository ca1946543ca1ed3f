"""Networks of single numbers: D against a fixed G, and a whole game."""

from collections.abc import Callable
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from mnist_gan.lab.theory.model import Normal
from mnist_gan.models.blocks import layer_seeds
from mnist_gan.noise import BOUND
from mnist_gan.objectives.losses import Objective, non_saturating
from mnist_gan.objectives.penalties import Penalty, r1_r2
from mnist_gan.objectives.schedules import cosine, exponential
from mnist_gan.training.backends.tensorflow import GanStep
from mnist_gan.training.backends.tensorflow_kernels import forward
from mnist_gan.training.backends.tensorflow_optimizers import Adam
from mnist_gan.training.step import StepSettings
from mnist_gan.training.trainer import Trainer

POOL = 200_000  # real numbers, from which batches are drawn
UNITS = 50  # of both hidden layers
CALL = 50  # updates in a compiled call
SHOWN = 10_000  # numbers that G draws, of noise at equal steps
FITTED = 3000  # updates of D against a fixed generator


class Act(NamedTuple):
    """A part of the game, at whose end it is looked at."""

    updates: int  # of both networks since the beginning, a multiple of EPOCH
    alone: int  # then, of D alone
    caption: str


EPOCH = 10  # updates of both networks between two places where the game may stop
ACTS = (
    Act(0, 0, "at the start"),
    Act(0, 500, "D alone, 500 updates"),
    Act(10, 0, "then 10 of both"),
    Act(3000, 0, "after 3,000 of both"),
)
GAME = sum(act.alone for act in ACTS) + ACTS[-1].updates  # updates of D


class Scene(NamedTuple):
    """How the game stands."""

    logits: np.ndarray  # (n,), D's at the points asked for
    samples: np.ndarray  # (SHOWN,), what G makes of noise in order
    caption: str


def fitted_logits(
    p: Normal, q: Normal, x: np.ndarray, seed: int, show: Callable[[int], object]
) -> np.ndarray:
    """Return the logits (n,) at x of a D trained on p against a generator that stays at q.

    `show` is told how many updates have been made since it was last.
    """
    fixed = keras.Sequential([keras.Input((1,)), layers.Dense(1)])
    fixed.layers[0].set_weights([np.array([[q.std]]), np.array([q.mean])])
    discriminator = _map(seed, stream=1)
    step = GanStep(
        fixed,
        discriminator,
        Adam(fixed.trainable_variables, 0.0, 0.5),  # which is never asked to move it
        Adam(discriminator.trainable_variables, cosine(1e-2, 1e-4, FITTED), 0.5),
        non_saturating(),
        settings=StepSettings(2048, noise="normal", seed=seed),
        forward=forward,
    )
    trainer = Trainer(
        step, _numbers(p, seed), steps_per_epoch=1, steps_per_call=CALL, pretrain_steps=FITTED
    )
    for _ in trainer.run(0):
        show(CALL)
    return _logits(step, x)


def play(p: Normal, x: np.ndarray, seed: int, show: Callable[[int], object]) -> list[Scene]:
    """Return how the game between D and a generator from uniform noise stands after each act.

    `show` is told how many updates of D have been made since it was last.
    """
    generator, discriminator = _map(seed, stream=0), _map(seed, stream=1)
    # without a penalty the two go round in circles
    penalty = Penalty(r1_r2, exponential(0.01, 0.3, GAME))
    step = GanStep(
        generator,
        discriminator,
        Adam(generator.trainable_variables, cosine(1e-3, 1e-5, ACTS[-1].updates), 0.0, 0.99),
        Adam(discriminator.trainable_variables, cosine(1e-2, 1e-4, GAME), 0.0, 0.99),
        non_saturating()._replace(penalty=penalty),
        settings=StepSettings(1024, noise="uniform", seed=seed),
        forward=forward,
    )
    trainer = Trainer(step, _numbers(p, seed), steps_per_epoch=EPOCH, steps_per_call=EPOCH)
    noise = np.linspace(-BOUND, BOUND, SHOWN, dtype=np.float32)[:, None]
    scenes = []
    for act in ACTS:
        for report in trainer.run(act.updates // EPOCH):
            show(report.steps)
        if act.alone:
            step.pretrain(trainer.images, tf.constant(act.alone))
            show(act.alone)
        samples = np.asarray(generator(noise), np.float64)[:, 0]
        scenes.append(Scene(_logits(step, x), samples, act.caption))
    return scenes


def generator_loss(objective: Objective, logits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return G's loss and its slope, (n,) each, where D answers a fake with these logits (n,)."""
    losses, slopes = [], []
    for logit in logits:
        fake = tf.constant([[logit]], tf.float32)
        with tf.GradientTape() as tape:
            tape.watch(fake)
            loss = objective.generator(None, fake)
        losses.append(float(loss))
        slopes.append(float(tape.gradient(loss, fake)[0, 0]))
    return np.array(losses), np.array(slopes)


def _numbers(p: Normal, seed: int) -> np.ndarray:
    """Return real numbers (POOL, 1)."""
    return np.random.default_rng(seed).normal(p.mean, p.std, (POOL, 1)).astype(np.float32)


def _map(seed: int, stream: int) -> keras.Sequential:
    """Return a network from single numbers (batch, 1) to single numbers (batch, 1).

    It bends all over the line from the start, by weights and biases that are not small.
    """
    seeds = layer_seeds(seed, stream)

    def uniform(bound: float = 1.0) -> keras.Initializer:
        return keras.initializers.RandomUniform(-bound, bound, next(seeds))

    return keras.Sequential(
        [
            keras.Input((1,)),
            layers.Dense(UNITS, "tanh", True, uniform(), uniform()),
            layers.Dense(UNITS, "tanh", True, uniform(0.25), uniform()),
            layers.Dense(1, None, True, uniform(0.6)),
        ]
    )


def _logits(step: GanStep, x: np.ndarray) -> np.ndarray:
    """Return D's logits (n,) at x (n,)."""
    rows = x[:, None].astype(np.float32)
    return np.asarray(step.discriminator(rows), np.float64)[:, 0]
