"""Adam and SGD, one fused kernel per variable."""

from collections.abc import Sequence

import keras
import tensorflow as tf

from mnist_gan.objectives.schedules import Schedule, scheduled
from mnist_gan.training.step import Optimizer as Base


class Adam(Base):
    """Adam as one fused kernel per variable, with the arithmetic of `keras.optimizers.Adam`.

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
        variables: Sequence[keras.Variable],
        learning_rate: float | Schedule,
        beta_1: float,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
    ) -> None:
        super().__init__([variable.value for variable in variables], learning_rate)
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon
        self.iterations = tf.Variable(0, dtype=tf.int64, trainable=False)
        self.means = [_zeros_like(variable) for variable in self.variables]
        self.variances = [_zeros_like(variable) for variable in self.variables]

    @property
    def state(self) -> list[tf.Variable]:
        """The number of updates and the moments."""
        return [self.iterations, *self.means, *self.variances]

    def apply(self, gradients: Sequence[tf.Tensor]) -> None:
        """Update each variable with its gradient; the order is that of `variables`."""
        rate = self.rate(self.iterations.read_value())
        count = tf.cast(self.iterations.assign_add(1), tf.float32)
        powers = tf.pow(self.beta_1, count), tf.pow(self.beta_2, count)
        slots = zip(self.variables, self.means, self.variances, gradients, strict=True)
        for variable, mean, variance, gradient in slots:
            tf.raw_ops.ResourceApplyAdam(
                var=variable.handle,
                m=mean.handle,
                v=variance.handle,
                beta1_power=powers[0],
                beta2_power=powers[1],
                lr=rate,
                beta1=self.beta_1,
                beta2=self.beta_2,
                epsilon=self.epsilon,
                grad=gradient,
            )


class Sgd(Base):
    """SGD with momentum as one fused kernel per variable, as `keras.optimizers.SGD` computes it.

    It owns its velocities and the number of updates.

    Args:
        variables: The variables to update.
        learning_rate: The learning rate, or a schedule over the updates.
        momentum: The momentum, or a schedule over the updates.

    Polyak 1964.
    """

    def __init__(
        self,
        variables: Sequence[keras.Variable],
        learning_rate: float | Schedule,
        momentum: float | Schedule,
    ) -> None:
        super().__init__([variable.value for variable in variables], learning_rate)
        self.momentum = scheduled(momentum)
        self.iterations = tf.Variable(0, dtype=tf.int64, trainable=False)
        self.velocities = [_zeros_like(variable) for variable in self.variables]

    @property
    def state(self) -> list[tf.Variable]:
        """The number of updates and the velocities."""
        return [self.iterations, *self.velocities]

    def apply(self, gradients: Sequence[tf.Tensor]) -> None:
        """Update each variable with its gradient; the order is that of `variables`."""
        updates = self.iterations.read_value()
        rate, momentum = self.rate(updates), self.momentum(updates)
        self.iterations.assign_add(1)
        slots = zip(self.variables, self.velocities, gradients, strict=True)
        for variable, velocity, gradient in slots:
            tf.raw_ops.ResourceApplyKerasMomentum(
                var=variable.handle,
                accum=velocity.handle,
                lr=rate,
                grad=gradient,
                momentum=momentum,
            )


def _zeros_like(variable: tf.Variable) -> tf.Variable:
    return tf.Variable(tf.zeros_like(variable), trainable=False)
