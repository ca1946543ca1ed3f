"""The settings, the reports and the random streams of `GanStep`, for every backend."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum
from itertools import pairwise
from typing import Any, NamedTuple

import keras
import numpy as np

from mnist_gan.models.gan import check_fit
from mnist_gan.noise import INPUTS
from mnist_gan.objectives.losses import Objective
from mnist_gan.support.errors import UserError
from mnist_gan.training.optimizers import Optimizer

MEASURES = ("discriminator_loss", "generator_loss", "real_score", "fake_score")

Tensor = Any  # whatever tensor the Keras backend has
Forward = Callable[[keras.Model, Tensor, Tensor], Tensor]


class Stream(IntEnum):
    """The random streams of the updates; each draw is a function of seed, stream and update."""

    REAL = 0  # which real samples the discriminator learns from
    FAKE_FOR_DISCRIMINATOR = 1  # latents and dropout of the fake ones it learns from
    FAKE_FOR_GENERATOR = 2  # latents and dropout of those from which the generator learns
    DISCRIMINATOR = 3  # dropout in the discriminator while it learns, and points of a penalty
    DISCRIMINATOR_FOR_GENERATOR = 4  # dropout in the discriminator while the generator learns
    REAL_FOR_GENERATOR = 5  # real samples that fake ones are compared with, or share classes with


class StepSettings(NamedTuple):
    """The numbers of a step.

    Args:
        batch_size: Real samples in an update, and as many fake ones.
        discriminator_updates: Updates of the discriminator in a step.
        generator_updates: Updates of the generator in a step.
        noise: The distribution of latents: one of `noise.INPUTS`.
        seed: Of batches, latents and dropout.
        devices: That share each batch; more than one on JAX only.
    """

    batch_size: int = 128
    discriminator_updates: int = 1
    generator_updates: int = 1
    noise: str = "normal"
    seed: int = 0
    devices: int = 1


class Ema(NamedTuple):
    """A network like the generator that follows its weights as an exponential moving average."""

    network: keras.Model
    decay: float = 0.999  # less during the first updates (Yazici et al. 2019)


class DiscriminatorUpdate(NamedTuple):
    """What came of an update of the discriminator; scores are mean probabilities of "real"."""

    loss: Tensor
    real_score: Tensor
    fake_score: Tensor


class GeneratorUpdate(NamedTuple):
    """What came of an update of the generator."""

    loss: Tensor


class Step:
    """The parts of a GAN's step; each backend's `GanStep` adds the updates.

    Each optimizer owns the variables that it updates, so no network is ever frozen or unfrozen.
    Where the networks have a second input, they are conditioned on classes, which stand behind the
    features of each real sample.

    Args:
        generator: From latents (batch, latent), and classes, to samples (batch, features).
        discriminator: From samples, and classes, to logits (batch, 1).
        generator_optimizer: Updates the generator's variables.
        discriminator_optimizer: Updates the discriminator's variables.
        objective: The losses, and a penalty on the discriminator if there is one.
        settings: Batch size, updates in a step, noise and seed.
        ema: The average of the generator, if one is kept.
        forward: The forward pass in training, given a network, its inputs and a random key.

    Raises:
        UserError: Where an argument is of another type, or the networks do not fit together.
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        generator_optimizer: Optimizer,
        discriminator_optimizer: Optimizer,
        objective: Objective,
        *,
        settings: StepSettings = StepSettings(),  # noqa: B008 - it never changes
        ema: Ema | None = None,
        forward: Forward | None = None,
    ) -> None:
        check_fit(generator, discriminator)
        _check_parts((generator_optimizer, discriminator_optimizer), objective, settings)
        self.generator, self.discriminator = generator, discriminator
        self.generator_optimizer = generator_optimizer
        self.discriminator_optimizer = discriminator_optimizer
        self.objective, self.settings = objective, settings
        self.ema, self.forward = ema, forward or keras_forward
        self.latent_size, *classes = (part.shape[-1] for part in generator.inputs)
        self.classes = sum(classes)  # 0 without a second input
        kinds = map(type, discriminator.layers)
        # each then sees a batch like those with which the generator learns (Radford et al. 2016)
        self.judges_apart = keras.layers.BatchNormalization in kinds

    @property
    def drawing_generator(self) -> keras.Model:
        """The generator to draw with: the averaged one, if there is one."""
        return self.ema.network if self.ema else self.generator

    @property
    def averaged(self) -> list[keras.Variable]:
        """What of the generator the average follows: weights, and means of batches."""
        return _numbers(self.generator) if self.ema else []

    @property
    def averages(self) -> list[keras.Variable]:
        """The averages, in the order of `averaged`."""
        return _numbers(self.ema.network) if self.ema else []

    @property
    def count(self) -> int:
        """How many steps have been made."""
        return self.generator_optimizer.updates // self.settings.generator_updates

    @property
    def pretrain_updates(self) -> int:
        """How many updates the discriminator has had beside those of the steps."""
        of_steps = self.count * self.settings.discriminator_updates
        return self.discriminator_optimizer.updates - of_steps

    def place(self, images: Tensor) -> Tensor:
        """Return the real samples where the step takes them from."""
        return images

    def run(self, images: Tensor, steps: int, ahead: Sequence[int] = ()) -> np.ndarray:
        """Make steps; return the sum over them of each of MEASURES, float32 (4,).

        Args:
            images: The real samples, float32 (n, features), or (n, features + classes).
            steps: How many.
            ahead: How many the next calls will make; a GPU may begin them, which changes no result.
        """
        raise NotImplementedError

    def pretrain(self, images: Tensor, steps: int) -> None:
        """Make updates of the discriminator alone.

        Args:
            images: The real samples, as for `run`.
            steps: How many.
        """
        raise NotImplementedError

    def state(self) -> dict[str, np.ndarray]:
        """Return copies of all that training changes, under stable names."""
        return {
            name: np.array(keras.ops.convert_to_numpy(variable))
            for name, variable in self._variables().items()
        }

    def is_finite(self) -> bool:
        """Return whether all numbers of the state are finite."""
        arrays = (keras.ops.convert_to_numpy(each) for each in self._variables().values())
        return all(np.isfinite(array).all() for array in arrays)

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Take over a state that `state` returned; raises KeyError or ValueError if it differs."""
        for name, variable in self._variables().items():
            variable.assign(state[name])

    def _variables(self) -> dict[str, Any]:
        """Return every variable of the step by name."""
        owners: dict[str, list[Any]] = {
            "generator": self.generator.variables,
            "discriminator": self.discriminator.variables,
            "average": self.ema.network.variables if self.ema else [],
            "generator_optimizer": self.generator_optimizer.state,
            "discriminator_optimizer": self.discriminator_optimizer.state,
        }
        return {f"{name}/{i}": v for name, owned in owners.items() for i, v in enumerate(owned)}


def _numbers(network: keras.Model) -> list[keras.Variable]:
    """Return the variables of a network, but not the states of its random numbers."""
    return [variable for variable in network.weights if "float" in variable.dtype]


def keras_forward(network: keras.Model, samples: Tensor, key: Tensor) -> Tensor:
    """Return what a network makes of samples in training, as Keras computes it.

    Dropout then draws from Keras's own random state instead of from the key.

    Args:
        network: The network.
        samples: Its inputs (batch, features), with classes behind them if it takes some.
        key: The random key of the other forward passes.
    """
    inputs = split_inputs(network, samples)
    return network(inputs if len(inputs) > 1 else samples, training=True)


def split_inputs(network: keras.Model, samples: Tensor) -> list[Tensor]:
    """Return the inputs of a network, which stand beside each other in samples (batch, n)."""
    ends = np.cumsum([part.shape[-1] for part in network.inputs]).tolist()
    return [samples[:, start:end] for start, end in pairwise([0, *ends])]


def _check_parts(
    optimizers: tuple[Optimizer, Optimizer], objective: Objective, settings: StepSettings
) -> None:
    """Raise UserError unless the parts of a step are what they should be."""
    for optimizer in optimizers:
        if not isinstance(optimizer, Optimizer):
            raise UserError(f"An optimizer is {optimizer!r}; it should be mnist_gan.Adam or Sgd.")
    if not isinstance(objective, Objective):
        raise UserError(f"objective is {objective!r}; it should be an Objective.")
    if settings.devices != 1 and keras.backend.backend() != "jax":
        raise UserError(f"devices is {settings.devices}; only JAX has more than one.")
    if settings.noise not in INPUTS:
        raise UserError(f"noise is {settings.noise!r}; it should be one of {', '.join(INPUTS)}.")
