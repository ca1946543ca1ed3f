"""Adam and SGD on TensorFlow, one fused kernel per variable."""

from collections.abc import Sequence

import keras
import tensorflow as tf

from mnist_gan.training.optimizers import AdamBase, Optimizer, SgdBase


class _OfVariables(Optimizer):
    """An optimizer of TensorFlow's own variables, which its kernels change in place."""

    @staticmethod
    def owned(variable: keras.Variable) -> tf.Variable:
        """Return TensorFlow's variable within one of Keras."""
        return variable.value

    @staticmethod
    def counter() -> tf.Variable:
        """Return a variable that counts from 0."""
        return tf.Variable(0, dtype=tf.int64, trainable=False)

    @staticmethod
    def zeros_like(variable: tf.Variable) -> tf.Variable:
        """Return a variable of zeros in the shape of another."""
        return tf.Variable(tf.zeros_like(variable), trainable=False)


class Adam(_OfVariables, AdamBase):  # noqa: D101 - it has that of its base
    __doc__ = AdamBase.__doc__

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


class Sgd(_OfVariables, SgdBase):  # noqa: D101 - it has that of its base
    __doc__ = SgdBase.__doc__

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
