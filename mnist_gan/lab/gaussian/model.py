"""The networks, the recipes and one training."""

import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import layers, ops

from mnist_gan.lab.gaussian.densities import Course, Row, Target, edges, fit
from mnist_gan.models.blocks import layer_seeds
from mnist_gan.noise import latents
from mnist_gan.objectives.losses import non_saturating, relativistic
from mnist_gan.objectives.penalties import Penalty, r1_r2
from mnist_gan.objectives.schedules import cosine, exponential
from mnist_gan.training.backends.tensorflow import GanStep
from mnist_gan.training.backends.tensorflow_kernels import forward
from mnist_gan.training.backends.tensorflow_optimizers import Adam
from mnist_gan.training.step import Ema, StepSettings
from mnist_gan.training.trainer import Trainer

SET = 100  # samples that the discriminator sees together
POOL = 20_000  # sets of real samples, from which batches are drawn
SHOWN = 10_000  # generated samples that are looked at, always of the same noise
LOOKS = 50  # at how training goes, besides the one before it begins
UNITS = 50  # of each hidden layer
CENTRING = (np.eye(SET) - 1 / SET).astype(np.float32)  # takes the mean from each set


class Recipe(NamedTuple):
    """How the two networks play: the texts' game, but for what is said."""

    rounds: int
    generator: tuple[str, str] = ("elu", "elu")  # activations of the hidden layers
    discriminator: tuple[str, str] = ("elu", "elu")
    sets: int = 1  # in a batch
    steps: int = 1  # of each network in a round
    rate: float = 2e-4
    betas: tuple[float, float] = (0.9, 0.999)
    is_ours: bool = False  # standardised data, relativistic pairs, averaged weights, falling rate
    penalty: tuple[float, float] = (0.0, 0.0)  # on D's slopes, at first and at last
    is_sorted: bool = False  # whether D sees each set in order of size


OURS = Recipe(3000, sets=64, rate=4e-3, betas=(0.0, 0.99), is_ours=True, penalty=(1.0, 0.1))
RECIPES = {
    "sorted": OURS._replace(is_sorted=True),
    "unsorted": OURS,
    "2018": Recipe(2400, generator=("elu", "sigmoid")),
    "2017": Recipe(5000, ("tanh", "tanh"), ("sigmoid", "sigmoid"), steps=20),
}


def learn(
    recipe: Recipe, target: Target, seed: int, show: Callable[[Row], object] = lambda row: None
) -> Course:
    """Train a generator to draw from a target; `show` is given the row of each look.

    Of the real samples the generator is given mean and deviation at most; their shape it learns
    through the discriminator alone.
    """
    began = time.monotonic()
    real = target.draw(np.random.default_rng(seed), POOL * SET).reshape(POOL, SET)
    mean, std = (real.mean(), real.std()) if recipe.is_ours else (0.0, 1.0)
    trainer = build(recipe, ((real - mean) / std).astype(np.float32), seed)
    noise = latents(seed, SHOWN // SET, SET, distribution="uniform")
    rows: list[Row] = []
    histograms = []

    def look(done: int, losses: dict[str, float]) -> np.ndarray:
        drawn = np.asarray(trainer.step.drawing_generator(noise), np.float64)  # (100, SET)
        samples = mean + std * drawn.ravel()
        rows.append({"round": done, **losses, **fit(samples, target, seed)._asdict()})
        histograms.append(np.histogram(samples, edges(target))[0] / len(samples))
        return samples

    samples = look(0, {})
    for report in trainer.run(-(-recipe.rounds // trainer.steps_per_epoch)):
        losses = {
            f"{who}_loss": report.means[f"{who}_loss"] for who in ("discriminator", "generator")
        }
        samples = look(report.step, losses)
        show(rows[-1])
    return Course(seed, rows, np.array(histograms), samples, time.monotonic() - began)


def build(recipe: Recipe, real: np.ndarray, seed: int) -> Trainer:
    """Return the trainer that plays a recipe with real sets (n, SET).

    An epoch is what lies between two of LOOKS, so the rounds are rounded up to a multiple of it.
    """
    updates = recipe.rounds * recipe.steps
    last = recipe.rate / 50 if recipe.is_ours else recipe.rate
    generator = build_generator(recipe.generator, seed)
    discriminator = build_discriminator(recipe.discriminator, seed, is_sorted=recipe.is_sorted)

    def optimizer(network: keras.Model) -> Adam:
        rate = cosine(recipe.rate, last, updates)
        return Adam(network.trainable_variables, rate, *recipe.betas)

    objective = relativistic() if recipe.is_ours else non_saturating()
    penalty = Penalty(r1_r2, exponential(*recipe.penalty, updates))
    step = GanStep(
        generator,
        discriminator,
        optimizer(generator),
        optimizer(discriminator),
        objective._replace(penalty=penalty if any(recipe.penalty) else None),
        settings=StepSettings(recipe.sets, recipe.steps, recipe.steps, "uniform", seed),
        ema=Ema(build_generator(recipe.generator, seed)) if recipe.is_ours else None,
        forward=forward,
    )
    between = -(-recipe.rounds // LOOKS)
    return Trainer(step, real, steps_per_epoch=between, steps_per_call=between)


def build_generator(activations: tuple[str, str], seed: int = 0) -> keras.Sequential:
    """Return G: noise (batch, SET) to samples (batch, SET), each number for itself.

    Three linear maps, 1 to 50 to 50 to 1; the noise is uniform, brought to U(0, 1) first, which is
    what the texts begin with.
    """
    return keras.Sequential(
        [
            keras.Input((SET,), name="noise"),
            layers.Rescaling(1 / 12**0.5, 0.5),
            layers.Reshape((SET, 1)),
            *_maps(1, activations, layer_seeds(seed, stream=0)),
            layers.Reshape((SET,)),
        ],
        name="generator",
    )


def build_discriminator(
    activations: tuple[str, str], seed: int = 0, *, is_sorted: bool = False
) -> keras.Sequential:
    """Return D: sets of samples (batch, SET) to logits (batch, 1).

    It sees each set, in order of size where `is_sorted`, and its squared deviations: 200 numbers
    to 50 to 50 to 1.
    """
    return keras.Sequential(
        [
            keras.Input((SET,), name="samples"),
            *([layers.Lambda(ops.sort)] if is_sorted else []),
            layers.Lambda(with_deviations, output_shape=(2 * SET,)),
            *_maps(2 * SET, activations, layer_seeds(seed, stream=1)),
        ],
        name="discriminator",
    )


def with_deviations(sets: Any) -> Any:
    """Return sets (batch, SET) with the squares of their deviations from their means appended."""
    return ops.concatenate([sets, ops.square(ops.matmul(sets, CENTRING))], axis=1)


def _maps(
    inputs: int, activations: tuple[str, str], seeds: Iterator[int]
) -> Iterator[layers.Dense]:
    """Yield three linear maps, to 50 to 50 to 1.

    They start as PyTorch's do, in which the texts were written: U(-b, b), b = 1 / sqrt(inputs).
    """
    for units, activation in ((UNITS, activations[0]), (UNITS, activations[1]), (1, None)):
        bound = inputs**-0.5
        start = [keras.initializers.RandomUniform(-bound, bound, next(seeds)) for _ in range(2)]
        yield layers.Dense(units, activation, True, *start)
        inputs = units
