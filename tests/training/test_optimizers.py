"""The optimizers of the backend on which Keras runs, beside those of Keras."""

import keras
import numpy as np
import pytest

from mnist_gan.objectives.schedules import linear
from mnist_gan.training.backend import Adam, Sgd

START = np.random.default_rng(0).normal(size=(7, 5)).astype(np.float32)
GRADIENTS = [
    np.random.default_rng(seed).normal(size=(7, 5)).astype(np.float32) for seed in range(20)
]


def update(optimizer: Adam | Sgd, variable: keras.Variable, gradient: np.ndarray) -> None:
    """Update a variable: TensorFlow's optimizers change it, JAX's return what it becomes."""
    gradients = [keras.ops.convert_to_tensor(gradient)]
    if keras.backend.backend() != "jax":
        optimizer.apply(gradients)
        return
    state = [each.value for each in optimizer.state]
    (value,), after = optimizer.apply([variable.value], state, gradients)
    for owned, each in zip([variable, *optimizer.state], [value, *after], strict=True):
        owned.assign(each)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (lambda v: Adam(v, 3e-3, 0.5), keras.optimizers.Adam(3e-3, beta_1=0.5)),
        (lambda v: Sgd(v, 3e-2, 0.7), keras.optimizers.SGD(3e-2, momentum=0.7)),
    ],
    ids=["Adam", "Sgd"],
)
def test_it_is_that_of_keras(ours, theirs):
    """Twenty updates, by other gradients each, are those of Keras's optimizer."""
    mine, its = keras.Variable(START), keras.Variable(START)
    optimizer = ours([mine])
    for gradient in GRADIENTS:
        update(optimizer, mine, gradient)
        theirs.apply([keras.ops.convert_to_tensor(gradient)], [its])
    mine, its = (keras.ops.convert_to_numpy(each) for each in (mine, its))
    np.testing.assert_allclose(mine, its, atol=1e-6)
    assert np.abs(mine - START).max() > 0.01
    assert optimizer.updates == 20


def test_momentum_and_rate_may_change():
    """By hand: v = m v - r g, w = w + v, with what rate and momentum are at that update."""
    weight = keras.Variable(np.zeros(1, np.float32))
    sgd = Sgd([weight], linear(0.4, 0.2, 2), linear(0.5, 0.7, 2))
    v = w = 0.0
    for rate, momentum in ((0.4, 0.5), (0.3, 0.6), (0.2, 0.7), (0.2, 0.7)):
        v = momentum * v - rate * 1.0
        w += v
        update(sgd, weight, np.ones(1, np.float32))
        assert float(keras.ops.convert_to_numpy(weight)[0]) == pytest.approx(w, rel=1e-5)
    assert [sgd.updates, len(sgd.state)] == [4, 2]
