"""Adam and SGD, one fused kernel per variable."""

from collections.abc import Sequence

import keras
import tensorflow as tf

from mnist_gan.objectives.schedules import Schedule, scheduled


class Adam:
    """Adam (Kingma & Ba 2015, algorithm 1) as one fused kernel per variable.

    Owns its moments and the count of updates; the arithmetic is that of `keras.optimizers.Adam`.
    """

    def __init__(
        self,
        variables: Sequence[keras.Variable],
        learning_rate: float | Schedule,
        beta_1: float,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
    ) -> None:
        self.variables = [variable.value for variable in variables]
        self.rate = scheduled(learning_rate)
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon
        self.iterations = tf.Variable(0, dtype=tf.int64, trainable=False)
        self.means = [_zeros_like(variable) for variable in self.variables]
        self.variances = [_zeros_like(variable) for variable in self.variables]

    @property
    def state(self) -> list[tf.Variable]:
        """All that an update changes, beside the variables themselves."""
        return [self.iterations, *self.means, *self.variances]

    def apply(self, gradients: Sequence[tf.Tensor]) -> None:
        """Update each variable by its gradient."""
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


class Sgd:
    """Stochastic gradient descent with momentum (Polyak 1964), as one fused kernel per variable.

    Owns its velocities and the count of updates; the arithmetic is that of `keras.optimizers.SGD`.
    """

    def __init__(
        self,
        variables: Sequence[keras.Variable],
        learning_rate: float | Schedule,
        momentum: float | Schedule,
    ) -> None:
        self.variables = [variable.value for variable in variables]
        self.rate, self.momentum = scheduled(learning_rate), scheduled(momentum)
        self.iterations = tf.Variable(0, dtype=tf.int64, trainable=False)
        self.velocities = [_zeros_like(variable) for variable in self.variables]

    @property
    def state(self) -> list[tf.Variable]:
        """All that an update changes, beside the variables themselves."""
        return [self.iterations, *self.velocities]

    def apply(self, gradients: Sequence[tf.Tensor]) -> None:
        """Update each variable by its gradient."""
        done = self.iterations.read_value()
        rate, momentum = self.rate(done), self.momentum(done)
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


Optimizer = Adam | Sgd


def _zeros_like(variable: tf.Variable) -> tf.Variable:
    return tf.Variable(tf.zeros_like(variable), trainable=False)
