"""Games that fail: on the line one network wins, on the plane the generator collapses."""

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import layers
from scipy.special import expit

from mnist_gan.lab.theory.model import Normal, heights
from mnist_gan.lab.theory.pointwise import logits_at, network, real_samples
from mnist_gan.models.blocks import layer_seeds, network_of
from mnist_gan.noise import BOUND, latents
from mnist_gan.objectives.losses import Objective, minimax, non_saturating
from mnist_gan.training.backend import Adam, GanStep, Sgd, forward_at
from mnist_gan.training.optimizers import Optimizer
from mnist_gan.training.step import StepSettings
from mnist_gan.training.trainer import Trainer

Show = Callable[[int], object]  # called with the number of new updates

LINE_DATA = Normal(4, 0.5)  # real samples of the games on the line
LINE_STEPS, LINE_CALL = 400, 10  # updates of a game, and between two points of its curves
SAMPLES = 10_000  # generated samples at the end of a game on the line

MODES, RADIUS, STD = 8, 2.0, 0.1  # of the ring
PLANE_STEPS = (250, 500, 750, 1000)  # after which the generated samples are kept
POINTS = 2000  # samples that are kept
UNITS = 64  # of each hidden layer on the plane


class Game(NamedTuple):
    """A game on the line whose networks are unequal."""

    caption: str
    objective: Callable[[], Objective]
    alone: int  # updates of D before the first of G
    generator_updates: int  # for each of D
    generator_optimizer: Callable[[list[keras.Variable]], Optimizer]
    discriminator_rate: float


GAMES = (
    Game("D too strong, minimax", minimax, 500, 1, lambda w: Sgd(w, 0.01, 0.0), 3e-3),
    Game("the same D, non-saturating", non_saturating, 500, 1, lambda w: Sgd(w, 0.01, 0.0), 3e-3),
    Game("G too strong", non_saturating, 0, 5, lambda w: Adam(w, 1e-2, 0.5), 1e-3),
)
LINE_UPDATES = LINE_STEPS * len(GAMES)
RATES = {  # of G and of D on the plane, by what the figure says of them
    "G learns ten times as fast as D": (2e-3, 2e-4),
    "both learn equally fast": (1e-3, 1e-3),
}
PLANE_UPDATES = PLANE_STEPS[-1] * len(RATES)


class Ending(NamedTuple):
    """The end of a game on the line, and the way there."""

    caption: str
    history: list[dict[str, float]]  # step, discriminator_loss and generator_loss
    samples: np.ndarray  # (SAMPLES,), in the order of the noise
    logits: np.ndarray  # (n,), of D at given points
    equilibrium: tuple[float, float]  # of the losses of D and G


class Scatter(NamedTuple):
    """Samples of a generator on the plane."""

    caption: str
    step: int
    samples: np.ndarray  # (POINTS, 2)
    losses: tuple[float, float]  # of D and G, means since the last scatter


def play_on_the_line(game: Game, x: np.ndarray, seed: int, show: Show) -> Ending:
    """Train unequal networks of single numbers.

    Args:
        game: What makes them unequal.
        x: Points (n,) at which D is recorded.
        seed: Seed of data, weights and noise.
        show: Called with the number of new updates.

    Returns:
        Losses, and both networks at the end.
    """
    generator, discriminator = network(seed, stream=0), network(seed, stream=1)
    step = GanStep(
        generator,
        discriminator,
        game.generator_optimizer(generator.trainable_variables),
        Adam(discriminator.trainable_variables, game.discriminator_rate, 0.5),
        game.objective(),
        settings=StepSettings(512, 1, game.generator_updates, "uniform", seed),
        forward=forward_at("float32"),
    )
    trainer = Trainer(
        step,
        real_samples(LINE_DATA, seed),
        steps_per_epoch=LINE_CALL,
        steps_per_call=LINE_CALL,
        pretrain_steps=game.alone,
    )
    history = []
    for report in trainer.run(LINE_STEPS // LINE_CALL):
        show(report.steps)
        if report.epoch:
            losses = {name: report.means[name] for name in ("discriminator_loss", "generator_loss")}
            history.append({"step": report.step, **losses})
    noise = np.linspace(-BOUND, BOUND, SAMPLES, dtype=np.float32)[:, None]
    samples = np.asarray(generator(noise), np.float64)[:, 0]
    equilibrium = step.objective.equilibrium
    assert equilibrium  # both losses of GAMES have one
    return Ending(game.caption, history, samples, logits_at(step, x), equilibrium[:2])


def end_rows(ending: Ending, x: np.ndarray) -> list[dict[str, Any]]:
    """Return the rows of the table of an ending: both densities and D.

    Args:
        ending: With D's logits at `x`.
        x: Equally spaced points (n,).
    """
    real, answers = np.exp(LINE_DATA.log_density(x)), expit(ending.logits)
    columns = zip(x, real, heights(ending.samples, x), answers, strict=True)
    return [
        {"game": ending.caption, "x": place, "p": p, "q": q, "d": d} for place, p, q, d in columns
    ]


def sample_rows(scatter: Scatter) -> list[dict[str, Any]]:
    """Return the rows of the table of a scatter: its samples."""
    about = {"game": scatter.caption, "step": scatter.step}
    return [{**about, "x": x, "y": y} for x, y in scatter.samples]


def play_on_the_plane(
    caption: str, rates: tuple[float, float], seed: int, show: Show
) -> list[Scatter]:
    """Train a generator to draw from the ring.

    Args:
        caption: What the figure says of the rates.
        rates: Learning rates of G and of D.
        seed: Seed of data, weights and noise.
        show: Called with the number of new updates.

    Returns:
        Samples after each of PLANE_STEPS.
    """
    generator, discriminator = _plane_network(seed, 0, 2), _plane_network(seed, 1, 1)
    step = GanStep(
        generator,
        discriminator,
        Adam(generator.trainable_variables, rates[0], 0.5),
        Adam(discriminator.trainable_variables, rates[1], 0.5),
        non_saturating(),
        settings=StepSettings(256, noise="normal", seed=seed),
        forward=forward_at("float32"),
    )
    every = PLANE_STEPS[0]
    trainer = Trainer(step, ring(seed, 50_000), steps_per_epoch=every, steps_per_call=every)
    noise, scatters = latents(seed, POINTS, 2), []
    for report in trainer.run(len(PLANE_STEPS)):
        show(report.steps)
        losses = report.means["discriminator_loss"], report.means["generator_loss"]
        samples = np.asarray(generator(noise), np.float64)
        scatters.append(Scatter(caption, report.step, samples, losses))
    return scatters


def centres() -> np.ndarray:
    """Return the centres of the ring's modes (MODES, 2)."""
    angles = 2 * np.pi * np.arange(MODES) / MODES
    return RADIUS * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def ring(seed: int, count: int) -> np.ndarray:
    """Draw from normal densities around the centres, float32 (count, 2)."""
    rng = np.random.default_rng(seed)
    chosen = centres()[rng.integers(MODES, size=count)]
    return (chosen + STD * rng.standard_normal((count, 2))).astype(np.float32)


def modes_drawn(samples: np.ndarray) -> int:
    """Count the modes that have at least a hundredth of the samples within 4 STD of their centre.

    Args:
        samples: Samples (n, 2).

    Returns:
        A number from 0 to MODES.
    """
    distances = np.linalg.norm(samples[:, None] - centres(), axis=2)  # (n, MODES)
    return int(((distances < 4 * STD).mean(axis=0) >= 0.01).sum())


def _plane_network(seed: int, stream: int, outputs: int) -> keras.Model:
    """Return a network from (batch, 2) to (batch, outputs)."""
    seeds = layer_seeds(seed, stream)

    def dense(units: int, activation: str | None) -> layers.Dense:
        return layers.Dense(units, activation, True, keras.initializers.GlorotUniform(next(seeds)))

    stack = [dense(UNITS, "relu"), dense(UNITS, "relu"), dense(outputs, None)]
    return network_of(keras.Input((2,)), stack, [], 0, "network")
