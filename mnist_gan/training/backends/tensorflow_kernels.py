"""A faster forward pass than Keras's, with the same results."""

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from mnist_gan.models.spectral import SpectralNormalization
from mnist_gan.training.step import Forward

DTYPES = {"float32": tf.float32, "mixed_bfloat16": tf.bfloat16}  # of products, by precision


def forward_at(precision: str) -> Forward:
    """Return the forward pass with products at a precision, a key of DTYPES."""
    return partial(forward, dtype=DTYPES[precision])


def inference(network: keras.Model) -> Callable[[np.ndarray], Any]:
    """Return a function from a batch to the outputs of a network."""
    return partial(network, training=False)


def forward(
    network: keras.Model, values: tf.Tensor, key: tf.Tensor, dtype: tf.DType = tf.float32
) -> tf.Tensor:
    """Return the output of a network in training.

    This is `network(values, training=True)` with two differences. Dropout masks are a function of
    `key` and the layer's index, not of a state. With bfloat16, dense and convolutional layers
    compute on rounded copies of their weights; weights and gradients stay float32. Layers for which
    there is no faster form are called unchanged.

    Args:
        network: A network whose layers form a chain, with one input or two.
        values: The input, (batch, inputs); two inputs are concatenated: images or latents, labels.
        key: Key of the dropout masks, int32 (2,).
        dtype: The dtype of matrix products and convolutions.

    Returns:
        The output, float32 (batch, outputs).
    """
    values, *labels = tf.split(values, [each.shape[-1] for each in network.inputs], axis=-1)
    for index, layer in enumerate(network.layers):
        if type(layer) is layers.Concatenate:
            values = tf.concat([values, *(tf.cast(each, values.dtype) for each in labels)], axis=1)
        elif type(layer) is not layers.InputLayer:
            values = _apply(layer, values, tf.random.fold_in(key, index), dtype)
    return tf.cast(values, tf.float32)


def matmul(
    a: tf.Tensor, b: tf.Tensor, *, transpose_a: bool = False, transpose_b: bool = False
) -> tf.Tensor:
    """Return `tf.matmul` of two matrices, computed by the fastest of TensorFlow's kernels.

    For float32 that is the batched kernel. Where `b` is transposed, the kernel takes twice as long
    as elsewhere; it makes the transposed product at full speed, and transposing a result of few
    rows takes less than that saves (`benchmarks/products.py`, `benchmarks/ideas.py`).

    Args:
        a: (n, k), or (k, n) if transposed.
        b: (k, m), or (m, k) if transposed.
        transpose_a: Whether `a` is transposed.
        transpose_b: Whether `b` is transposed.

    Returns:
        The product, (n, m).
    """
    if a.dtype == tf.float32 and transpose_b:
        return tf.transpose(tf.raw_ops.BatchMatMulV2(x=b, y=a, adj_y=not transpose_a))
    if a.dtype == tf.float32:
        return tf.raw_ops.BatchMatMulV2(x=a, y=b, adj_x=transpose_a)
    return tf.matmul(a, b, transpose_a=transpose_a, transpose_b=transpose_b)


def _apply(layer: keras.Layer, values: tf.Tensor, key: tf.Tensor, dtype: tf.DType) -> tf.Tensor:
    """Return the output of a layer; types are compared exactly, since a subclass may differ."""
    if type(layer) is SpectralNormalization:
        values, layer = values / tf.cast(layer.largest(training=True), values.dtype), layer.layer
    kind = type(layer)
    if kind is layers.Dense and values.shape.rank == 2:
        return _dense(layer, tf.cast(values, dtype))
    if kind is layers.Conv2D:
        return _conv(layer, tf.cast(values, dtype))
    if kind is layers.Conv2DTranspose:
        return _conv_transpose(layer, tf.cast(values, dtype))
    if kind is layers.LeakyReLU:
        return tf.nn.leaky_relu(values, layer.negative_slope)
    if kind is layers.Dropout:
        return _dropout(values, layer.rate, key)
    return layer(values, training=True)


def _dense(layer: layers.Dense, values: tf.Tensor) -> tf.Tensor:
    """Return the activations (batch, units) for values (batch, inputs), in their dtype."""
    sums = _product(values, tf.cast(layer.kernel.value, values.dtype))
    if layer.use_bias:
        sums = tf.nn.bias_add(sums, tf.cast(layer.bias.value, values.dtype))
    return layer.activation(sums)


def _conv(layer: layers.Conv2D, pictures: tf.Tensor) -> tf.Tensor:
    """Return a convolution (batch, height, width, filters) of pictures, in their dtype."""
    kernel = tf.cast(layer.kernel.value, pictures.dtype)
    if _is_single_channel(layer):
        sums = _conv_stride2(pictures, kernel)
    else:
        sums = tf.nn.conv2d(pictures, kernel, layer.strides, layer.padding.upper())
    return layer.activation(_add_bias(sums, layer.bias) if layer.use_bias else sums)


def _conv_transpose(layer: layers.Conv2DTranspose, pictures: tf.Tensor) -> tf.Tensor:
    """Return a transposed convolution (batch, height, width, filters), in the pictures' dtype."""
    kernel = tf.cast(layer.kernel.value, pictures.dtype)
    if _is_single_channel(layer):
        sums = _conv_transpose_stride2(pictures, kernel)
    else:
        shape = (pictures.shape[0], *layer.compute_output_shape(pictures.shape)[1:])
        sums = tf.nn.conv2d_transpose(pictures, kernel, shape, layer.strides, layer.padding.upper())
    return layer.activation(_add_bias(sums, layer.bias) if layer.use_bias else sums)


def _is_single_channel(layer: layers.Conv2D | layers.Conv2DTranspose) -> bool:
    """Return whether a layer has 4x4 kernels, stride 2 and pictures of one channel on one side."""
    settings = layer.kernel_size, layer.strides, layer.padding, layer.kernel.shape[2]
    return settings == ((4, 4), (2, 2), "same", 1)


@tf.custom_gradient
def _conv_stride2(pictures: tf.Tensor, kernel: tf.Tensor) -> tuple[tf.Tensor, object]:
    """Return the convolution (n, h, w, filters) of grey pictures (n, 2h, 2w, 1).

    Its gradient by the pictures, part of the input gradients, uses `_conv_transpose_stride2`.
    """

    def gradients(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        by_pictures = _conv_transpose_stride2(upstream, kernel)
        return by_pictures, _kernel_gradient(pictures, kernel, upstream)

    return tf.nn.conv2d(pictures, kernel, 2, "SAME"), gradients


@tf.custom_gradient
def _conv_transpose_stride2(pictures: tf.Tensor, kernel: tf.Tensor) -> tuple[tf.Tensor, object]:
    """Return the transposed convolution (n, 2h, 2w, 1) of (n, h, w, c) by a kernel (4, 4, 1, c).

    With one filter, TensorFlow's own kernel takes three times as long as this matrix product. Each
    pixel yields 4x4 new ones, as four blocks of 2x2, and the blocks of neighbours overlap.
    """
    n, height, width, channels = pictures.shape
    spread = tf.matmul(  # (pixels, 4 x 4)
        tf.reshape(pictures, [-1, channels]), tf.reshape(kernel, [16, channels]), transpose_b=True
    )
    spread = tf.reshape(spread, [n, height, width, 2, 2, 2, 2])  # last: down, row, right, column
    blocks = tf.reshape(tf.transpose(spread, [3, 5, 0, 1, 2, 4, 6]), [2, 2, n, height, width, 4])
    shifted = [
        tf.pad(blocks[down, right], [[0, 0], [down, 1 - down], [right, 1 - right], [0, 0]])
        for down in (0, 1)
        for right in (0, 1)
    ]
    summed = tf.add_n(shifted)  # (n, height + 1, width + 1, 2 x 2)

    def gradients(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        by_pictures = _conv_stride2(upstream, kernel)
        return by_pictures, _kernel_gradient(upstream, kernel, pictures)

    return tf.nn.depth_to_space(summed, 2)[:, 1:-1, 1:-1], gradients  # without the border


def _kernel_gradient(pictures: tf.Tensor, kernel: tf.Tensor, upstream: tf.Tensor) -> tf.Tensor:
    """Return the gradient of `_conv_stride2` by its kernel."""
    return tf.raw_ops.Conv2DBackpropFilter(
        input=pictures,
        filter_sizes=kernel.shape,
        out_backprop=upstream,
        strides=[1, 2, 2, 1],
        padding="SAME",
    )


def _add_bias(pictures: tf.Tensor, bias: keras.Variable) -> tf.Tensor:
    """Return pictures (batch, height, width, filters) plus a bias (filters,).

    The bias is added to a matrix of pixels. Otherwise TensorFlow tries to fuse convolution, bias
    and LeakyReLU, fails for second-order gradients, and prints an error.
    """
    pixels = tf.reshape(pictures, [-1, pictures.shape[-1]])  # (batch * height * width, filters)
    return tf.reshape(tf.nn.bias_add(pixels, tf.cast(bias.value, pixels.dtype)), pictures.shape)


def _product(
    a: tf.Tensor, b: tf.Tensor, *, transpose_a: bool = False, transpose_b: bool = False
) -> tf.Tensor:
    """Return `matmul`, with gradients of any order that also use `matmul`.

    TensorFlow's own gradient of the batched kernel uses the slow one. At most one operand is
    transposed, which is then true of the products in the gradients, too.
    """

    @tf.custom_gradient
    def product(a: tf.Tensor, b: tf.Tensor) -> tuple[tf.Tensor, object]:
        def gradients(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            if transpose_a:
                return _product(b, upstream, transpose_b=True), _product(a, upstream)
            if transpose_b:
                return _product(upstream, b), _product(upstream, a, transpose_a=True)
            return _product(upstream, b, transpose_b=True), _product(a, upstream, transpose_a=True)

        return matmul(a, b, transpose_a=transpose_a, transpose_b=transpose_b), gradients

    return product(a, b)


def _dropout(values: tf.Tensor, rate: float, key: tf.Tensor) -> tf.Tensor:
    """Return the values with a fraction `rate` set to 0 and the others scaled up.

    Sixteen random bits decide for each value, so the fraction is a multiple of 1/65536.
    """
    dropped = min(round(rate * 2**16), 2**16 - 1)  # a value is dropped if its number is below
    n = values.shape.num_elements()
    words = tf.random.stateless_uniform([(n + 1) // 2], key, None, None, tf.uint32)
    numbers = tf.reshape(tf.bitcast(words, tf.uint16), [-1])[:n]  # two in each word
    kept = tf.reshape(numbers >= tf.constant(dropped, tf.uint16), values.shape)
    return values * (tf.cast(kept, values.dtype) * (2**16 / (2**16 - dropped)))
