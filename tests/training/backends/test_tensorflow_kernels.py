"""The way forward in training: Keras's arithmetic, masks from a key, products at a precision."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from mnist_gan.models.discriminator import build_discriminator
from mnist_gan.models.generator import build_generator
from mnist_gan.training.backends.tensorflow_kernels import forward, matmul
from tests.networks import build_convolutional_discriminator, build_convolutional_generator

KEY = tf.constant([3, 4])
SPECTRAL = {"spectral_norm": True, "dropout": 0.0}


def settled(network: keras.Model) -> keras.Model:
    """Return a network after so many calls that its singular vectors no longer move."""
    for _ in range(300):
        network(tf.ones((1, 784)), training=True)
    return network


EIGHT_BITS = 2.0**-8  # of a number bfloat16 rounds off as much at most, or cuts off twice


def passed(layers: int) -> float:
    """Return the relative error of what has passed so many layers in bfloat16, at most.

    Of each layer four numbers are rounded: kernel, sum, slope and activation. Each of these errors
    is uniform and independent, so that their squares add up. The product is cut off by processors
    without bfloat16, which makes all numbers smaller, by half as much as one at most: that adds up
    as it is. Random weights pass a relative error on as large as it came.
    """
    return layers * EIGHT_BITS + np.sqrt(4 * layers) * EIGHT_BITS / np.sqrt(3)


@pytest.fixture
def rows(images) -> tf.Tensor:
    """Return images (32, 784)."""
    return tf.constant(images[:32])


def gradients(network: keras.Sequential, rows: tf.Tensor, call, shares=None) -> list[np.ndarray]:
    """Return the gradients, by the rows and by every weight, of the values in random shares."""
    with tf.GradientTape() as tape:
        tape.watch(rows)
        values = call(rows)
        if shares is None:
            shares = tf.random.stateless_normal(values.shape, [0, 1])
        loss = tf.reduce_sum(values * shares)
    weights = [variable.value for variable in network.trainable_variables]
    return [g.numpy() for g in tape.gradient(loss, [rows, *weights])]


def assert_gradients_are_keras(network: keras.Sequential, values: tf.Tensor) -> None:
    """Compare the gradients of `forward` with those of calling the network."""
    pairs = zip(
        gradients(network, values, lambda rows: forward(network, rows, KEY)),
        gradients(network, values, lambda rows: network(rows, training=True)),
        strict=True,
    )
    for mine, theirs in pairs:
        rounding = 1e-6 * np.abs(theirs).max()  # sums of large terms, in another order
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=max(1e-5, rounding))


@pytest.mark.parametrize("build", [build_generator, build_discriminator])
def test_without_dropout_it_is_keras(build, rows):
    """Values and gradients by inputs and weights are those of calling the network."""
    network = build(widths=(20, 30), dropout=0.0)
    values = rows[:, : network.input_shape[-1]]
    ours = forward(network, values, KEY)
    np.testing.assert_allclose(ours, network(values, training=True), atol=1e-5)
    assert_gradients_are_keras(network, values)


@pytest.mark.slow
def test_convolutions_are_keras(rows):
    """Values and gradients of both convolutional networks; in bfloat16 nearly so."""
    networks = [
        (build_convolutional_generator(20, (8, 6, 4)), rows[:, :20]),
        (build_convolutional_generator(20, (8, 6, 4), upsampling="nearest"), rows[:, :20]),
        (build_convolutional_generator(20, (8, 6, 4), batch_norm=True), rows[:, :20]),
        (build_convolutional_discriminator((4, 6, 8), dropout=0.0), rows),
        (build_convolutional_discriminator((4, 6, 8), dropout=0.0, batch_norm=True), rows),
        (settled(build_convolutional_discriminator((4, 6, 8), **SPECTRAL)), rows),
    ]
    for network, values in networks:
        whole = network(values, training=True)
        np.testing.assert_allclose(forward(network, values, KEY), whole, atol=1e-5)
        assert_gradients_are_keras(network, values)
        rounded = forward(network, values, KEY, tf.bfloat16)
        assert rounded.dtype == tf.float32
        assert 0 < np.linalg.norm(rounded - whole) < passed(4) * np.linalg.norm(whole)


@pytest.mark.parametrize(
    "network",
    [
        build_discriminator((20, 30), dropout=0.0),
        build_convolutional_discriminator((4, 6, 8), dropout=0.0),
        build_convolutional_generator(784, (8, 6, 4)),
        build_convolutional_generator(784, (8, 6, 4), upsampling="nearest"),
        settled(build_discriminator((6, 4), **SPECTRAL)),
        settled(build_convolutional_discriminator((4, 6, 8), **SPECTRAL)),
    ],
    ids=["dense", "convolutional", "generator", "upsampling", "spectral", "spectral pictures"],
)
def test_slopes_of_slopes_are_keras(network, rows):
    """What a penalty on slopes takes: gradients of squared gradients, by the weights."""

    def slopes(call):
        with tf.GradientTape() as outer:
            with tf.GradientTape() as inner:
                inner.watch(rows)
                values = call(rows)
            squares = tf.reduce_sum(inner.gradient(values, rows) ** 2)
        kernels = [v.value for v in network.trainable_variables if v.name == "kernel"]
        return outer.gradient(squares, kernels)

    ours = slopes(lambda rows: forward(network, rows, KEY))
    keras_own = slopes(lambda rows: network(rows, training=True))
    for mine, theirs in zip(ours, keras_own, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-5)
        assert np.abs(theirs).max() > 1e-4


def test_two_inputs_come_side_by_side(rows):
    """A network that is told the class takes rows of both inputs, and gives what Keras does."""
    told = tf.one_hot(tf.range(32) % 10, 10)
    for network, values in (
        (build_generator(20, (30,), classes=10), rows[:, :20]),
        (build_discriminator((30,), dropout=0.0, classes=10), rows),
        (build_convolutional_discriminator((4, 6, 8), dropout=0.0, classes=10), rows),
    ):
        ours = forward(network, tf.concat([values, told], axis=1), KEY)
        np.testing.assert_allclose(ours, network([values, told]), atol=1e-5)


def test_the_networks_of_2014_are_keras(rows):
    """Maxout, a sigmoid that is stretched and images as ink, in values and gradients."""
    network = build_discriminator((6, 5), dropout=0.0, maxout_pieces=3, init_range=0.1)
    np.testing.assert_allclose(forward(network, rows, KEY), network(rows), atol=1e-5)
    assert_gradients_are_keras(network, rows)
    network = build_generator(20, (30,), slope=0.0, output="sigmoid", init_range=0.1)
    np.testing.assert_allclose(
        forward(network, rows[:, :20], KEY), network(rows[:, :20]), atol=1e-5
    )
    assert_gradients_are_keras(network, rows[:, :20])


def test_maps_of_single_numbers_are_keras(rows):
    """A dense layer on (batch, n, 1), which is no matrix of rows, goes through Keras."""
    network = keras.Sequential(
        [
            keras.Input((20,)),
            layers.Reshape((20, 1)),
            layers.Dense(5, "elu"),
            layers.Dense(1),
            layers.Reshape((20,)),
        ]
    )
    values = rows[:, :20]
    np.testing.assert_allclose(forward(network, values, KEY), network(values), atol=1e-6)
    assert_gradients_are_keras(network, values)


def test_a_gradient_can_be_differentiated(rows):
    """A penalty on the input's gradient has the weights' gradients that Keras gives it."""
    network = build_discriminator(widths=(20, 30), dropout=0.0)

    def penalty(call):
        with tf.GradientTape() as outer:
            with tf.GradientTape() as inner:
                inner.watch(rows)
                logits = call(rows)
            slopes = inner.gradient(logits, rows)
            loss = tf.reduce_sum(slopes**2)
        return [g.numpy() for g in outer.gradient(loss, kernels)]

    kernels = [layer.kernel.value for layer in network.layers if isinstance(layer, layers.Dense)]
    ours = penalty(lambda rows: forward(network, rows, KEY))
    theirs = penalty(lambda rows: network(rows, training=True))
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-4, atol=1e-7)
        assert np.abs(mine).max() > 0


@pytest.mark.parametrize("rate", [0.0001, 0.3, 0.5, 0.99])
def test_dropout_drops_its_share_and_keeps_the_mean(rate):
    """The share of zeros is the rate, the rest is scaled up by one number."""
    network = keras.Sequential([keras.Input((1001,)), layers.Dropout(rate)])
    values = forward(network, tf.ones((999, 1001)), KEY).numpy()  # an odd number of values
    n = values.size
    assert np.mean(values == 0) == pytest.approx(
        rate, abs=5 * (rate * (1 - rate) / n) ** 0.5 + 1e-5
    )
    assert values.mean() == pytest.approx(1, abs=6 * (rate / (1 - rate) / n) ** 0.5)
    assert len(np.unique(values)) == 2
    # neighbours in rows and columns are dropped independently of each other
    dropped = values == 0
    for one, other in ((dropped[1:], dropped[:-1]), (dropped[:, 1:], dropped[:, :-1])):
        assert np.mean(one & other) == pytest.approx(rate**2, abs=6 * rate / n**0.5)


def test_masks_are_a_function_of_key_and_place():
    """One key gives the same masks again, another key and another layer give others."""
    one = keras.Sequential([keras.Input((512,)), layers.Dropout(0.5)])
    later = keras.Sequential([keras.Input((512,)), layers.LeakyReLU(), layers.Dropout(0.5)])
    ones = tf.ones((8, 512))
    first, again = (forward(one, ones, KEY).numpy() for _ in range(2))
    np.testing.assert_array_equal(first, again)
    for other in (forward(one, ones, KEY + 1), forward(later, ones, KEY)):
        assert np.mean((first == 0) == (other.numpy() == 0)) == pytest.approx(0.5, abs=0.06)


def test_the_gradient_passes_where_the_value_did():
    """What is dropped on the way forward gets no gradient on the way back."""
    network = keras.Sequential([keras.Input((512,)), layers.Dropout(0.5)])
    ones = tf.ones((8, 512))
    with tf.GradientTape() as tape:
        tape.watch(ones)
        values = forward(network, ones, KEY)
    np.testing.assert_array_equal(tape.gradient(values, ones).numpy(), values.numpy())


@pytest.mark.parametrize("build", [build_generator, build_discriminator])
def test_bfloat16_rounds_the_products_alone(build, rows):
    """Values and gradients are float32, near those of float32, and not the same."""
    network = build(dropout=0.0)
    values = rows[:, : network.input_shape[-1]]
    exact = gradients(network, values, lambda rows: forward(network, rows, KEY))
    rough = gradients(network, values, lambda rows: forward(network, rows, KEY, tf.bfloat16))
    errors = []
    for a, b in zip(exact, rough, strict=True):
        assert b.dtype == np.float32
        errors.append(np.linalg.norm(a - b) / np.linalg.norm(a))
    assert min(errors) > 0
    # the last layer's gradients have come through four layers and one back
    assert max(errors[-2:]) < passed(5)  # 0.030
    # Further back, sums near 0 get another sign, and with it a slope of 0.2 instead of 1: if sums
    # are normal and have a relative error e, a share arctan(e) / pi of them. The slopes' root mean
    # square is 0.72, so that each of three layers adds an independent error of 0.8 / 0.72 * root.
    flips = np.sqrt(3) * 0.8 / 0.72 * np.sqrt(np.arctan(passed(4)) / np.pi)
    assert max(errors) < passed(8) + flips  # 0.21
    assert forward(network, values, KEY, tf.bfloat16).dtype == tf.float32
    assert {variable.dtype for variable in network.variables} == {"float32"}


def test_bfloat16_is_exact_where_its_eight_bits_suffice():
    """Of whole inputs and weights, values and gradients are those of float32 to the bit."""
    network = build_discriminator((6, 5), slope=0.5, dropout=0.0)
    rng = np.random.default_rng(5)
    for layer in network.layers:
        if isinstance(layer, layers.Dense):  # two weights a unit, so that no sum needs 9 bits
            kernel, bias = layer.kernel.numpy() * 0, rng.integers(-1, 2, layer.bias.shape)
            for unit in range(kernel.shape[1]):
                chosen = rng.choice(len(kernel), 2, replace=False)
                kernel[chosen, unit] = rng.choice([-1, 1], 2)
            layer.kernel.assign(kernel)
            layer.bias.assign(bias)
    values = tf.constant(rng.integers(-2, 3, (8, 784)), tf.float32)
    shares = tf.constant(rng.choice([-1, 1], (8, 1)), tf.float32)
    pairs = zip(
        gradients(network, values, lambda rows: forward(network, rows, KEY), shares),
        gradients(network, values, lambda rows: forward(network, rows, KEY, tf.bfloat16), shares),
        strict=True,
    )
    for exact, rounded in pairs:
        np.testing.assert_array_equal(exact, rounded)
        assert np.abs(exact).max() >= 1


def test_other_layers_are_called_as_in_training(rows):
    """A normalization moves its averages; a subclass keeps its own call."""

    class Doubled(layers.Dense):
        def call(self, inputs, **kwargs):
            return 2 * super().call(inputs)

    normalization = layers.BatchNormalization()
    network = keras.Sequential([keras.Input((784,)), Doubled(5), normalization])
    before = normalization.moving_mean.numpy()
    forward(network, rows, KEY)
    assert np.all(before != normalization.moving_mean.numpy())
    plain = keras.Sequential([keras.Input((784,)), *network.layers[:1]])
    for dtype, tolerance in ((tf.float32, 1e-6), (tf.bfloat16, 1e-6)):
        np.testing.assert_allclose(forward(plain, rows, KEY, dtype), plain(rows), atol=tolerance)


@pytest.mark.parametrize("dtype", [tf.float32, tf.bfloat16])
@pytest.mark.parametrize("transposed", ["", "a", "b", "ab"])
def test_products(dtype, transposed):
    """Every transposition gives NumPy's product, within the rounding of the precision."""
    rng = np.random.default_rng(0)
    a, b = (tf.cast(rng.normal(size=shape), dtype) for shape in ((40, 50), (50, 60)))
    expected = np.asarray(tf.cast(a, tf.float32)) @ np.asarray(tf.cast(b, tf.float32))
    ours = matmul(
        tf.transpose(a) if "a" in transposed else a,
        tf.transpose(b) if "b" in transposed else b,
        transpose_a="a" in transposed,
        transpose_b="b" in transposed,
    )
    assert ours.dtype == dtype
    # both sum in float32, 50 terms whose sizes add up to less than 50; bfloat16 is then cut off
    rtol = 2 * EIGHT_BITS if dtype == tf.bfloat16 else 0
    atol = 2 * 50 * 50 * 2.0**-24
    np.testing.assert_allclose(tf.cast(ours, tf.float32), expected, rtol=rtol, atol=atol)
