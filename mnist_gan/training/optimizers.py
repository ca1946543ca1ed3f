"""The settings and the state of Adam and SGD, for every backend."""

from collections.abc import Callable, Iterable
from typing import Any

import keras

from mnist_gan.objectives.schedules import Schedule, scheduled


class Optimizer:
    """An optimizer: what it updates, how many updates it has made, and its learning rate.

    Args:
        variables: The variables to update.
        learning_rate: The learning rate, or a schedule over the updates.
    """

    apply: Callable[..., Any]  # makes an update by gradients
    counter: Callable[[], Any]  # returns a new variable that counts from 0
    zeros_like: Callable[[Any], Any]  # returns a new variable, of zeros in the shape of another

    def __init__(
        self, variables: Iterable[keras.Variable], learning_rate: float | Schedule
    ) -> None:
        self.variables = [self.owned(variable) for variable in variables]
        self.rate = scheduled(learning_rate)
        self.iterations = self.counter()

    @staticmethod
    def owned(variable: keras.Variable) -> Any:
        """Return what the backend updates of a variable."""
        return variable

    @property
    def state(self) -> list[Any]:
        """All variables that an update changes, except those that are trained."""
        raise NotImplementedError

    @property
    def updates(self) -> int:
        """How many updates have been made."""
        return int(keras.ops.convert_to_numpy(self.iterations))


class AdamBase(Optimizer):
    """Adam, with the arithmetic of `keras.optimizers.Adam`.

    It owns its moments and the number of updates.

    Args:
        variables: The variables to update.
        learning_rate: The learning rate, or a schedule over the updates.
        beta_1: Decay of the first moments.
        beta_2: Decay of the second moments.
        epsilon: Added to the root of the second moments.

    Kingma & Ba 2015, algorithm 1.
    """

    def __init__(
        self,
        variables: Iterable[keras.Variable],
        learning_rate: float | Schedule,
        beta_1: float,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
    ) -> None:
        super().__init__(variables, learning_rate)
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon
        self.means = [self.zeros_like(variable) for variable in self.variables]
        self.variances = [self.zeros_like(variable) for variable in self.variables]

    @property
    def state(self) -> list[Any]:
        """The number of updates and the moments."""
        return [self.iterations, *self.means, *self.variances]


class SgdBase(Optimizer):
    """SGD with momentum, as `keras.optimizers.SGD` computes it.

    It owns its velocities and the number of updates.

    Args:
        variables: The variables to update.
        learning_rate: The learning rate, or a schedule over the updates.
        momentum: The momentum, or a schedule over the updates.

    Polyak 1964.
    """

    def __init__(
        self,
        variables: Iterable[keras.Variable],
        learning_rate: float | Schedule,
        momentum: float | Schedule,
    ) -> None:
        super().__init__(variables, learning_rate)
        self.momentum = scheduled(momentum)
        self.velocities = [self.zeros_like(variable) for variable in self.variables]

    @property
    def state(self) -> list[Any]:
        """The number of updates and the velocities."""
        return [self.iterations, *self.velocities]
