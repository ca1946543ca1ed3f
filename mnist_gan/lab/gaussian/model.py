"""The networks and one training."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from mnist_gan.lab.gaussian.densities import Result, Row, Target, edges, fit
from mnist_gan.lab.gaussian.recipes import Recipe
from mnist_gan.models.blocks import layer_seeds, network_of
from mnist_gan.noise import latents
from mnist_gan.objectives.losses import OBJECTIVES
from mnist_gan.objectives.penalties import Penalty, r1_r2
from mnist_gan.objectives.schedules import cosine, exponential
from mnist_gan.training.backend import Adam, GanStep, forward_at
from mnist_gan.training.step import Ema, StepSettings
from mnist_gan.training.trainer import Trainer

SET_SIZE = 100  # samples that the discriminator sees together
POOL = 20_000  # sets of real samples, from which batches are drawn
EVAL_SAMPLES = 10_000  # generated samples in each evaluation, always from the same noise
EVALUATIONS = 50  # during training, in addition to the one before it
UNITS = 50  # of each hidden layer
CENTRING = (np.eye(SET_SIZE) - 1 / SET_SIZE).astype(np.float32)  # subtracts each set's mean


def learn(
    recipe: Recipe, target: Target, seed: int, show: Callable[[Row], object] = lambda row: None
) -> Result:
    """Train a generator to draw from a target.

    Of the real samples the generator gets at most mean and standard deviation; it learns their
    shape only through the discriminator.

    Args:
        recipe: How to train.
        target: The density to learn.
        seed: Seed of data, weights and noise.
        show: Called with the row of the history after each evaluation but the first.

    Returns:
        The history, the histograms and the last samples.
    """
    began = time.monotonic()
    real = target.draw(np.random.default_rng(seed), POOL * SET_SIZE).reshape(POOL, SET_SIZE)
    mean, std = (real.mean(), real.std()) if recipe.is_standardised else (0.0, 1.0)
    trainer = build(recipe, ((real - mean) / std).astype(np.float32), seed)
    noise = latents(seed, EVAL_SAMPLES // SET_SIZE, SET_SIZE, distribution="uniform")
    history: list[Row] = []
    histograms = []

    def evaluate(done: int, losses: dict[str, float]) -> np.ndarray:
        drawn = np.asarray(trainer.step.drawing_generator(noise), np.float64)  # (100, SET_SIZE)
        samples = mean + std * drawn.ravel()
        history.append({"round": done, **losses, **fit(samples, target, seed)._asdict()})
        histograms.append(np.histogram(samples, edges(target))[0] / len(samples))
        return samples

    samples = evaluate(0, {})
    for report in trainer.run(-(-recipe.rounds // trainer.steps_per_epoch)):
        losses = {
            f"{who}_loss": report.means[f"{who}_loss"] for who in ("discriminator", "generator")
        }
        samples = evaluate(report.step, losses)
        show(history[-1])
    return Result(seed, history, np.array(histograms), samples, time.monotonic() - began)


def build(recipe: Recipe, real: np.ndarray, seed: int) -> Trainer:
    """Build the trainer of a recipe.

    One epoch lies between two evaluations, so `recipe.rounds` is rounded up to a multiple of it.

    Args:
        recipe: How to train.
        real: Sets of real samples (n, SET_SIZE).
        seed: Seed of weights and noise.

    Returns:
        The trainer, before its first step.
    """
    generator = build_generator(recipe.generator, seed)
    discriminator = build_discriminator(recipe.discriminator, seed, is_sorted=recipe.is_sorted)
    updates = recipe.rounds * recipe.discriminator_updates

    def optimizer(network: keras.Model, rate: float, per_round: int) -> Adam:
        schedule = cosine(rate, rate * recipe.final_lr_fraction, recipe.rounds * per_round)
        return Adam(network.trainable_variables, schedule, *recipe.betas)

    objective = OBJECTIVES[recipe.objective](recipe.real_label)
    penalty = Penalty(r1_r2, exponential(*recipe.penalty, updates)) if any(recipe.penalty) else None
    step = GanStep(
        generator,
        discriminator,
        optimizer(generator, recipe.generator_learning_rate, recipe.generator_updates),
        optimizer(discriminator, recipe.discriminator_learning_rate, recipe.discriminator_updates),
        objective._replace(penalty=penalty),
        settings=StepSettings(
            recipe.sets, recipe.discriminator_updates, recipe.generator_updates, "uniform", seed
        ),
        ema=Ema(build_generator(recipe.generator, seed)) if recipe.is_averaged else None,
        forward=forward_at("float32"),
    )
    between = -(-recipe.rounds // EVALUATIONS)
    return Trainer(step, real, steps_per_epoch=between, steps_per_call=between)


def build_generator(activations: tuple[str, str], seed: int = 0) -> keras.Sequential:
    """Build G, which maps each number separately, with layers of 1, 50, 50 and 1 units.

    The noise is uniform and is first scaled to U(0, 1), the input in the texts.

    Args:
        activations: Of the two hidden layers.
        seed: Seed of the weights.

    Returns:
        A network from noise (batch, SET_SIZE) to samples (batch, SET_SIZE).
    """
    stack = [
        layers.Rescaling(1 / 12**0.5, 0.5),
        layers.Reshape((SET_SIZE, 1)),
        *_dense_layers(1, activations, layer_seeds(seed, stream=0)),
        layers.Reshape((SET_SIZE,)),
    ]
    return network_of(keras.Input((SET_SIZE,), name="noise"), stack, [], 0, "generator")


def build_discriminator(
    activations: tuple[str, str], seed: int = 0, *, is_sorted: bool = False
) -> keras.Sequential:
    """Build D, which sees each set and its squared deviations, with layers of 200, 50, 50 and 1.

    Args:
        activations: Of the two hidden layers.
        seed: Seed of the weights.
        is_sorted: Whether to sort each set first.

    Returns:
        A network from sets of samples (batch, SET_SIZE) to logits (batch, 1).
    """
    stack = [
        *([layers.Lambda(ops.sort)] if is_sorted else []),
        layers.Lambda(with_deviations, output_shape=(2 * SET_SIZE,)),
        *_dense_layers(2 * SET_SIZE, activations, layer_seeds(seed, stream=1)),
    ]
    return network_of(keras.Input((SET_SIZE,), name="samples"), stack, [], 0, "discriminator")


def with_deviations(sets: Any) -> Any:
    """Append to sets (batch, SET_SIZE) the squared deviations from the mean of each set."""
    return ops.concatenate([sets, ops.square(ops.matmul(sets, CENTRING))], axis=1)


def _dense_layers(
    inputs: int, activations: tuple[str, str], seeds: Iterator[int]
) -> Iterator[layers.Dense]:
    """Yield three dense layers, with 50, 50 and 1 units.

    They are initialised as by PyTorch, which the texts use: U(-b, b) with b = 1 / sqrt(inputs).
    """
    for units, activation in ((UNITS, activations[0]), (UNITS, activations[1]), (1, None)):
        bound = inputs**-0.5
        uniform = [keras.initializers.RandomUniform(-bound, bound, next(seeds)) for _ in range(2)]
        yield layers.Dense(units, activation, True, *uniform)
        inputs = units
