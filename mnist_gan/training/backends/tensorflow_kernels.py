"""A faster forward pass than Keras's, with the same results."""

import keras
import tensorflow as tf
from keras import layers

DTYPES = {"float32": tf.float32, "mixed_bfloat16": tf.bfloat16}  # of the products, by precision


def forward(
    network: keras.Model, values: tf.Tensor, key: tf.Tensor, dtype: tf.DType = tf.float32
) -> tf.Tensor:
    """Return what a network makes of `values` (batch, ...) in training, as float32.

    This is `network(values, training=True)` but for two things. Dropout masks are a function of
    `key`, int32 (2,), and of the layer's place, not of a state. With `dtype` bfloat16 the dense
    layers compute in it on rounded copies of their weights, which stay float32, as do their
    gradients. Layers other than Dense (on rows), LeakyReLU and Dropout are called as they are.
    Where a network has two inputs, `values` are both, side by side.
    """
    values, *told = tf.split(values, [rows.shape[-1] for rows in network.inputs], axis=-1)
    for place, layer in enumerate(network.layers):
        if type(layer) is layers.Concatenate:
            values = tf.concat([values, *(tf.cast(rows, values.dtype) for rows in told)], axis=1)
        elif type(layer) is not layers.InputLayer:
            values = _through(layer, values, tf.random.fold_in(key, place), dtype)
    return tf.cast(values, tf.float32)


def matmul(
    a: tf.Tensor, b: tf.Tensor, *, transpose_a: bool = False, transpose_b: bool = False
) -> tf.Tensor:
    """Return `tf.matmul` of two matrices by the faster of TensorFlow's two kernels.

    At float32 that is the batched one: up to twice as fast where an operand is transposed
    (`benchmarks/products.py`).
    """
    if a.dtype == tf.float32:
        return tf.raw_ops.BatchMatMulV2(x=a, y=b, adj_x=transpose_a, adj_y=transpose_b)
    return tf.matmul(a, b, transpose_a=transpose_a, transpose_b=transpose_b)


def _through(layer: keras.Layer, values: tf.Tensor, key: tf.Tensor, dtype: tf.DType) -> tf.Tensor:
    """Return what one layer makes of its inputs; by exact type, since a subclass may differ."""
    kind = type(layer)
    if kind is layers.Dense and values.shape.rank == 2:
        return _dense(layer, tf.cast(values, dtype))
    if kind is layers.Conv2D:
        return _convolution(layer, tf.cast(values, dtype))
    if kind is layers.Conv2DTranspose:
        return _conv_transpose(layer, tf.cast(values, dtype))
    if kind is layers.LeakyReLU:
        return tf.nn.leaky_relu(values, layer.negative_slope)
    if kind is layers.Dropout:
        return _dropout(values, layer.rate, key)
    return layer(values, training=True)


def _dense(layer: layers.Dense, rows: tf.Tensor) -> tf.Tensor:
    """Return the activations (batch, out) for rows (batch, in), in their dtype."""
    sums = _product(rows, tf.cast(layer.kernel.value, rows.dtype))
    if layer.use_bias:
        sums = tf.nn.bias_add(sums, tf.cast(layer.bias.value, rows.dtype))
    return layer.activation(sums)


def _convolution(layer: layers.Conv2D, pictures: tf.Tensor) -> tf.Tensor:
    """Return a convolution (batch, height, width, filters) of pictures, in their dtype."""
    kernel = tf.cast(layer.kernel.value, pictures.dtype)
    if _is_single_channel(layer):
        sums = _conv_stride2(pictures, kernel)
    else:
        sums = tf.nn.conv2d(pictures, kernel, layer.strides, layer.padding.upper())
    return layer.activation(_biased(sums, layer.bias))


def _conv_transpose(layer: layers.Conv2DTranspose, pictures: tf.Tensor) -> tf.Tensor:
    """Return a transposed convolution (batch, height, width, filters), in the pictures' dtype."""
    kernel = tf.cast(layer.kernel.value, pictures.dtype)
    if _is_single_channel(layer):
        sums = _conv_transpose_stride2(pictures, kernel)
    else:
        shape = (pictures.shape[0], *layer.compute_output_shape(pictures.shape)[1:])
        sums = tf.nn.conv2d_transpose(pictures, kernel, shape, layer.strides, layer.padding.upper())
    return layer.activation(_biased(sums, layer.bias))


def _is_single_channel(layer: layers.Conv2D | layers.Conv2DTranspose) -> bool:
    """Say whether a layer is one of ours between pictures of one channel and half as large ones."""
    told = layer.kernel_size, layer.strides, layer.padding, layer.kernel.shape[2]
    return told == ((4, 4), (2, 2), "same", 1)


@tf.custom_gradient
def _conv_stride2(pictures: tf.Tensor, kernel: tf.Tensor) -> tuple[tf.Tensor, object]:
    """Return the convolution (n, h, w, filters) of grey pictures (n, 2h, 2w, 1).

    Its gradient by the pictures, which a penalty on slopes takes, goes through `_doubled`.
    """

    def gradients(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return _conv_transpose_stride2(upstream, kernel), _by_kernel(pictures, kernel, upstream)

    return tf.nn.conv2d(pictures, kernel, 2, "SAME"), gradients


@tf.custom_gradient
def _conv_transpose_stride2(pictures: tf.Tensor, kernel: tf.Tensor) -> tuple[tf.Tensor, object]:
    """Return the transposed convolution (n, 2h, 2w, 1) of (n, h, w, c) by a kernel (4, 4, 1, c).

    Where there is one filter, TensorFlow's own takes three times as long as a product of which
    each pixel gives 4x4 new ones: a block of 2x2 to each of four places, which overlap.
    """
    n, height, width, channels = pictures.shape
    spread = tf.matmul(  # (pixels, 4 x 4)
        tf.reshape(pictures, [-1, channels]), tf.reshape(kernel, [16, channels]), transpose_b=True
    )
    spread = tf.reshape(spread, [n, height, width, 2, 2, 2, 2])  # last: down, within, right, within
    blocks = tf.reshape(tf.transpose(spread, [3, 5, 0, 1, 2, 4, 6]), [2, 2, n, height, width, 4])
    placed = [
        tf.pad(blocks[down, right], [[0, 0], [down, 1 - down], [right, 1 - right], [0, 0]])
        for down in (0, 1)
        for right in (0, 1)
    ]
    whole = tf.add_n(placed)  # (n, height + 1, width + 1, 2 x 2)

    def gradients(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return _conv_stride2(upstream, kernel), _by_kernel(upstream, kernel, pictures)

    return tf.nn.depth_to_space(whole, 2)[:, 1:-1, 1:-1], gradients  # without the rim


def _by_kernel(pictures: tf.Tensor, kernel: tf.Tensor, upstream: tf.Tensor) -> tf.Tensor:
    """Return the gradient of `_halved` by its kernel."""
    return tf.raw_ops.Conv2DBackpropFilter(
        input=pictures,
        filter_sizes=kernel.shape,
        out_backprop=upstream,
        strides=[1, 2, 2, 1],
        padding="SAME",
    )


def _biased(pictures: tf.Tensor, bias: keras.Variable) -> tf.Tensor:
    """Return pictures (batch, height, width, filters) with a bias (filters,) added, as rows.

    Otherwise TensorFlow tries to fuse convolution, bias and LeakyReLU, fails where slopes of slopes
    are taken, and prints an error about it.
    """
    rows = tf.reshape(pictures, [-1, pictures.shape[-1]])
    return tf.reshape(tf.nn.bias_add(rows, tf.cast(bias.value, rows.dtype)), pictures.shape)


def _product(
    a: tf.Tensor, b: tf.Tensor, *, transpose_a: bool = False, transpose_b: bool = False
) -> tf.Tensor:
    """Return `matmul`, with gradients of any order that go through it, too.

    TensorFlow's own gradient of the batched kernel turns to the slow one. At most one operand is
    transposed: the gradients of such products are such products.
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
    """Return the values with a share `rate` of them dropped and the others scaled up for it.

    Sixteen random bits decide on each value, so the share is a multiple of 1/65536.
    """
    steps = min(round(rate * 2**16), 2**16 - 1)  # that many of the 65536 numbers drop a value
    n = values.shape.num_elements()
    words = tf.random.stateless_uniform([(n + 1) // 2], key, None, None, tf.uint32)
    numbers = tf.reshape(tf.bitcast(words, tf.uint16), [-1])[:n]  # two in each word
    kept = tf.reshape(numbers >= tf.constant(steps, tf.uint16), values.shape)
    return values * (tf.cast(kept, values.dtype) * (2**16 / (2**16 - steps)))
