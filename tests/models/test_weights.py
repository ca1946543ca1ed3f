"""Initial weights: functions of the seed, on either backend."""

import keras
import numpy as np
import pytest

from mnist_gan.models.discriminator import build_discriminator
from mnist_gan.models.generator import build_generator
from mnist_gan.models.weights import built, normal, uniform
from tests.conftest import script
from tests.networks import build_convolutional_generator

HASHES = (
    "import hashlib\n"
    "from mnist_gan.support.runtime import start_backend\n"
    "start_backend()\n"
    "from mnist_gan.models.discriminator import build_discriminator\n"
    "from mnist_gan.models.generator import build_generator\n"
    "from tests.networks import build_convolutional_generator\n"
    "for network in (build_generator(seed=3), build_discriminator(seed=3, maxout_pieces=2),\n"
    "                build_generator(classes=10, init_range=0.05),\n"
    "                build_convolutional_generator(20, (8, 6, 4))):\n"
    "    print(hashlib.sha256(b''.join(w.tobytes() for w in network.get_weights()\n"
    "                                  if w.dtype == 'float32')).hexdigest())"
)


@pytest.mark.parametrize("seed", [0, 1, 2**31 - 1])
def test_uniform_numbers_fill_the_interval(seed):
    """From 0 to below 1, as many in each tenth, and each by its place alone."""
    drawn = uniform(seed, 100_001)
    assert (drawn.min(), drawn.max()) == (pytest.approx(0, abs=1e-4), pytest.approx(1, abs=1e-4))
    assert drawn.max() < 1
    np.testing.assert_allclose(np.histogram(drawn, 10, (0, 1))[0] / len(drawn), 0.1, atol=0.005)
    np.testing.assert_array_equal(uniform(seed, 9), drawn[:9])
    assert abs(np.corrcoef(drawn[1:], drawn[:-1])[0, 1]) < 0.02


def test_normal_numbers_are_normal():
    """By mean, deviation and the share beyond two deviations."""
    drawn = normal(7, 100_001)
    assert (drawn.mean(), drawn.std()) == (pytest.approx(0, abs=0.01), pytest.approx(1, abs=0.01))
    assert (np.abs(drawn) > 2).mean() == pytest.approx(0.0455, abs=0.003)
    assert (uniform(7, 5) != uniform(8, 5)).all()


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="compares with TensorFlow")
@pytest.mark.parametrize("seed", [0, 12345, 2**31 - 1])
def test_they_are_those_of_tensorflow(seed):
    """Uniform ones to the bit; normal ones but for the rounding of logarithm and sine."""
    import tensorflow as tf

    drawn = tf.random.stateless_uniform([1001], [seed, 0]).numpy()
    np.testing.assert_array_equal(uniform(seed, 1001), drawn)
    drawn = tf.random.stateless_normal([1001], [seed, 0]).numpy()
    np.testing.assert_allclose(normal(seed, 1001), drawn, atol=4e-6)


@pytest.mark.slow
def test_both_backends_begin_with_the_same_weights(tmp_path):
    """The same seed gives the same numbers to the bit, whatever Keras runs on."""
    tensorflow, jax = (script(HASHES, KERAS_BACKEND=name) for name in ("tensorflow", "jax"))
    assert tensorflow.split() == jax.split()
    assert len(set(tensorflow.split())) == 4


def test_a_network_keeps_the_initializers_of_keras():
    """So a saved model is one of plain Keras, and draws again what its seed says."""
    first, second = (build_generator(10, (12,), seed=3) for _ in "ab")
    for layer in first.layers:
        initializer = getattr(layer, "kernel_initializer", None)
        assert initializer is None or isinstance(initializer, keras.initializers.Initializer)
    pairs = zip(first.get_weights(), second.get_weights(), strict=True)
    assert all(np.array_equal(a, b) for a, b in pairs)
    other = build_generator(10, (12,), seed=4)
    assert not np.array_equal(first.get_weights()[0], other.get_weights()[0])


def test_the_spread_is_that_of_the_texts():
    """N(0, 0.02) in the first layer, Glorot's bounds in the next, a given range everywhere."""
    first, _, second, *_ = build_discriminator((200, 100), dropout=0.0).get_weights()
    assert first.std() == pytest.approx(0.02, rel=0.02)
    assert np.abs(second).max() == pytest.approx((6 / 300) ** 0.5, rel=0.01)
    assert np.abs(second).max() <= (6 / 300) ** 0.5
    ranged = build_generator(10, (50,), init_range=0.05).get_weights()
    assert np.abs(ranged[0]).max() == pytest.approx(0.05, rel=0.01)
    assert build_convolutional_generator(20, (8, 6, 4)).get_weights()


def test_other_initializers_are_left_to_keras():
    """Whoever puts one into a network gets it, not uniform numbers in its name."""
    truncated = keras.initializers.TruncatedNormal(stddev=0.5, seed=3)
    layers = [keras.layers.Dense(200, kernel_initializer=truncated, use_bias=False)]
    network = built(lambda: keras.Sequential([keras.Input((100,)), *layers]), layers)
    expected = keras.ops.convert_to_numpy(truncated((100, 200)))
    np.testing.assert_array_equal(network.get_weights()[0], expected)
