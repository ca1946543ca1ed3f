"""`GanStep`, optimizers and forward passes of the backend in use."""

from typing import TYPE_CHECKING

import keras

if TYPE_CHECKING or keras.backend.backend() != "jax":
    from mnist_gan.training.backends.tensorflow import GanStep, gradient
    from mnist_gan.training.backends.tensorflow_kernels import forward_at, inference
    from mnist_gan.training.backends.tensorflow_optimizers import Adam, Sgd
else:
    from mnist_gan.training.backends.jax import GanStep, gradient
    from mnist_gan.training.backends.jax_kernels import forward_at, inference
    from mnist_gan.training.backends.jax_optimizers import Adam, Sgd

__all__ = ["Adam", "GanStep", "Sgd", "forward_at", "gradient", "inference"]
