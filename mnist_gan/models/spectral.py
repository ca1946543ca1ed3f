"""Spectral normalization: a layer whose kernel is divided by its largest singular value."""

from typing import Any

import keras
from keras import ops

Tensor = Any  # whatever tensor the Keras backend has


@keras.saving.register_keras_serializable("mnist_gan")
class SpectralNormalization(keras.layers.Wrapper):
    """A dense or convolutional layer whose kernel counts divided by its largest singular value.

    The kernel is taken as a matrix (n, last axis). Each call in training improves the estimate of
    the singular vector by one power iteration, and gradients pass through the division, as in
    Miyato et al. 2018, algorithm 1. (Keras's own layer of this name replaces the kernel instead.)

    Args:
        layer: The layer, whose inputs are divided instead, which is the same.
        vector_initializer: Draws the first estimate of the singular vector.
        settings: Of any Keras layer.
    """

    def __init__(
        self, layer: keras.Layer, vector_initializer: Any = "random_normal", **settings: Any
    ) -> None:
        super().__init__(layer, **settings)
        self.vector_initializer = keras.initializers.get(vector_initializer)

    def build(self, input_shape: Any) -> None:
        """Create the weights of the layer, and the estimate of the singular vector."""
        super().build(input_shape)
        self.vector = self.add_weight(
            shape=(self.layer.kernel.shape[-1], 1),
            initializer=self.vector_initializer,
            trainable=False,
            name="vector",
        )

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        """Return what the layer makes of inputs."""
        return self.layer(inputs / ops.cast(self.largest(training), inputs.dtype))

    def largest(self, training: bool) -> Tensor:
        """Return the kernel's largest singular value, a scalar; in training, improve it first."""
        kernel = self.layer.kernel
        matrix = ops.reshape(kernel, (-1, kernel.shape[-1]))
        vector = _unit(self.vector)
        if training:
            onward = ops.matmul(ops.transpose(matrix), ops.matmul(matrix, vector))
            vector = ops.stop_gradient(_unit(onward))
            self.vector.assign(vector)
        return _length(ops.matmul(matrix, vector))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of what the layer makes."""
        return self.layer.compute_output_shape(input_shape)

    def get_config(self) -> dict[str, Any]:
        """Return what saving keeps beside the weights."""
        drawn = keras.initializers.serialize(self.vector_initializer)
        return {**super().get_config(), "vector_initializer": drawn}


def plain(network: keras.Model) -> keras.Model:
    """Return a network in Keras's own layers, which anybody's Keras can load.

    Args:
        network: The network; without spectral normalization it is returned itself.

    Returns:
        A network with the same outputs, whose kernels have been divided.
    """
    if not any(type(layer) is SpectralNormalization for layer in network.layers):
        return network
    copied = keras.models.clone_model(network, clone_function=_plain_layer)
    for layer, ours in zip(copied.layers, network.layers, strict=True):
        weights = [ops.convert_to_numpy(weight) for weight in ours.weights]
        if type(ours) is SpectralNormalization:
            kernel, *rest = (ops.convert_to_numpy(weight) for weight in ours.layer.weights)
            weights = [kernel / ops.convert_to_numpy(ours.largest(training=False)), *rest]
        layer.set_weights(weights)
    return copied


def _plain_layer(layer: keras.Layer) -> keras.Layer:
    """Return a new layer of Keras's own with the settings of one."""
    inner = layer.layer if type(layer) is SpectralNormalization else layer
    return type(inner).from_config(inner.get_config())


def _unit(vector: Tensor) -> Tensor:
    return vector / _length(vector)


def _length(vector: Tensor) -> Tensor:
    return ops.sqrt(ops.sum(ops.square(vector)))
