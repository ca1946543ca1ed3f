"""`GanStep`, optimizers and forward pass of the backend on which Keras runs."""

import keras

if keras.backend.backend() == "jax":
    from mnist_gan.training.backends.jax import GanStep, gradient
    from mnist_gan.training.backends.jax_kernels import forward_at
    from mnist_gan.training.backends.jax_optimizers import Adam, Sgd
else:
    from mnist_gan.training.backends.tensorflow import GanStep, gradient
    from mnist_gan.training.backends.tensorflow_kernels import forward_at
    from mnist_gan.training.backends.tensorflow_optimizers import Adam, Sgd

__all__ = ["Adam", "GanStep", "Sgd", "forward_at", "gradient"]
