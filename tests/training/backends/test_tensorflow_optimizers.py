"""The fused optimizers, beside those of Keras."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from mnist_gan.objectives.schedules import linear
from mnist_gan.training.backends.tensorflow_optimizers import Adam, Sgd


def after_twenty(optimizer, apply) -> None:
    """Make twenty updates by gradients that are always the same row of numbers."""
    for seed in range(20):
        gradient = tf.constant(np.random.default_rng(seed).normal(size=(7, 5)), tf.float32)
        apply(optimizer, gradient)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (lambda v: Adam(v, 3e-3, 0.5), keras.optimizers.Adam(3e-3, beta_1=0.5)),
        (lambda v: Sgd(v, 3e-2, 0.7), keras.optimizers.SGD(3e-2, momentum=0.7)),
    ],
    ids=["Adam", "Sgd"],
)
def test_it_is_that_of_keras(ours, theirs):
    """The fused kernel does the arithmetic of Keras's optimizer, step after step."""
    start = np.random.default_rng(0).normal(size=(7, 5)).astype(np.float32)
    mine, its = keras.Variable(start), keras.Variable(start)
    after_twenty(ours([mine]), lambda optimizer, gradient: optimizer.apply([gradient]))
    after_twenty(theirs, lambda optimizer, gradient: optimizer.apply([gradient], [its]))
    np.testing.assert_allclose(mine.numpy(), its.numpy(), atol=1e-6)
    assert np.abs(mine.numpy() - start).max() > 0.01


def test_momentum_and_rate_may_change():
    """By hand: v = m v - r g, w = w + v, with what rate and momentum are at that update."""
    weight = keras.Variable(np.zeros(1, np.float32))
    sgd = Sgd([weight], linear(0.4, 0.2, 2), linear(0.5, 0.7, 2))
    v = w = 0.0
    for rate, momentum in ((0.4, 0.5), (0.3, 0.6), (0.2, 0.7), (0.2, 0.7)):
        v = momentum * v - rate * 1.0
        w += v
        sgd.apply([tf.ones(1)])
        assert float(weight.numpy()[0]) == pytest.approx(w, rel=1e-5)
    assert [int(sgd.state[0]), len(sgd.state)] == [4, 2]
