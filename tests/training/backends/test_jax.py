"""JAX alone: its forward pass and optimizers beside Keras's, and work that is begun ahead."""

from collections.abc import Callable

import jax
import keras
import numpy as np
import pytest
from jax import numpy as jnp

from benchmarks.products import maker, products
from mnist_gan.config.loading import load_config
from mnist_gan.models.discriminator import build_discriminator
from mnist_gan.noise import BOUND, codes
from mnist_gan.training.backends import jax as module
from mnist_gan.training.backends.jax import NOISES
from mnist_gan.training.backends.jax_kernels import forward
from mnist_gan.training.build import build_trainer
from mnist_gan.training.step import keras_forward
from tests.networks import build_convolutional_discriminator, build_convolutional_generator

KEY = jax.random.key(3)
SPECTRAL = {"spectral_norm": True, "dropout": 0.0}


def settled(network: keras.Model) -> keras.Model:
    """Return a network after so many calls that its singular vectors no longer move."""
    for _ in range(300):
        network(jnp.ones((1, 784)), training=True)
    return network


NETWORKS = {
    "dense": (lambda: build_discriminator((20, 30), dropout=0.0), 784),
    "convolutional": (lambda: build_convolutional_discriminator((4, 6, 8), dropout=0.0), 784),
    "generator": (lambda: build_convolutional_generator(20, (8, 6, 4)), 20),
    "classes": (lambda: build_discriminator((30,), dropout=0.0, classes=10), 794),
    "maxout": (lambda: build_discriminator((6, 4), maxout_pieces=3, dropout=0.0), 784),
    "batch_norm": (lambda: build_discriminator((6, 4), batch_norm=True, dropout=0.0), 784),
    "spectral_norm": (lambda: settled(build_discriminator((6, 4), **SPECTRAL)), 784),
    "spectral_pictures": (
        lambda: settled(build_convolutional_discriminator((4, 6, 8), **SPECTRAL)),
        784,
    ),
    "upsampling": (
        lambda: build_convolutional_generator(20, (8, 6, 4), upsampling="nearest", batch_norm=True),
        20,
    ),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_the_faster_forward_pass_is_keras_own(name):
    """Values, gradients by values and weights, and slopes of slopes."""
    build, size = NETWORKS[name]
    network, values = build(), jax.random.normal(KEY, (8, size))
    variables = network.trainable_variables
    weights = [variable.value for variable in variables]
    expected = keras_forward(network, values, KEY)
    shares = jax.random.normal(jax.random.key(1), expected.shape)

    def within(call: Callable[..., jax.Array]) -> Callable[..., jax.Array]:
        def total(weights: list[jax.Array], values: jax.Array) -> jax.Array:
            with keras.StatelessScope(state_mapping=list(zip(variables, weights, strict=True))):
                return jnp.sum(shares * call(network, values, KEY))

        return total

    ours, keras_own = within(forward), within(keras_forward)

    def slopes(total: Callable[..., jax.Array]) -> Callable[..., jax.Array]:
        return lambda weights, values: jnp.sum(jax.grad(total, 1)(weights, values) ** 2)

    for make in (lambda total: jax.grad(total, (0, 1)), lambda total: jax.grad(slopes(total))):
        pairs = zip(
            jax.tree.leaves(make(ours)(weights, values)),
            jax.tree.leaves(make(keras_own)(weights, values)),
            strict=True,
        )
        for mine, theirs in pairs:
            rounding = 1e-6 * np.abs(theirs).max()  # sums of large terms, in another order
            np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=max(1e-5, rounding))
    np.testing.assert_allclose(forward(network, values, KEY), expected, atol=1e-5)
    rounded = forward(network, values, KEY, jnp.bfloat16)
    apart = np.linalg.norm(rounded - expected)
    assert 0 < apart < 0.05 * np.linalg.norm(expected)


def test_dropout_drops_its_share_by_the_key():
    """The others are scaled up, another key drops others."""
    network = keras.Sequential([keras.Input((1000,)), keras.layers.Dropout(0.3)])
    values = jnp.ones((100, 1000))
    dropped = forward(network, values, KEY)
    assert float((dropped == 0).mean()) == pytest.approx(0.3, abs=0.01)
    assert float(dropped.max()) == pytest.approx(1 / 0.7, rel=1e-4)
    np.testing.assert_array_equal(dropped, forward(network, values, KEY))
    assert (dropped != forward(network, values, jax.random.key(4))).any()


@pytest.mark.parametrize("kind", NOISES)
def test_noise_has_mean_0_and_deviation_1(kind):
    """Of each distribution; the uniform one has bounds, the categorical one its codes."""
    drawn = np.asarray(NOISES[kind](KEY, (1000, 100)))
    assert abs(drawn.mean()) < 0.02
    assert drawn.std() == pytest.approx(1, abs=0.02)
    assert (np.abs(drawn).max() <= BOUND) == (kind == "uniform")
    if kind == "normal+categorical":
        np.testing.assert_array_equal(drawn[:, :20], codes(100)[drawn[:, :20].argmax(1)])


def test_the_benchmark_multiplies_what_it_says():
    """The products that JAX makes for the floor are those of their operands."""
    for product in (products()[1], products()[3], products()[4]):
        a, b = product.operands
        a, b = a.T if product.transpose_a else a, b.T if product.transpose_b else b
        np.testing.assert_allclose(maker("jax")(product)(), a @ b, rtol=1e-3, atol=1e-3)


def test_what_is_begun_ahead_is_used_and_changes_nothing(images, monkeypatch):
    """As on a GPU: the same reports and states, also after a state is restored."""
    settings = {"training.batch_size": 32, "training.steps_per_call": 4}
    config = load_config("smoke", {**settings, "training.precision": "float32"})
    plain = build_trainer(config, images)
    expected = list(plain.run(2))
    used = []
    monkeypatch.setattr(module, "has_gpu", lambda: True)
    is_same = module._is_same
    monkeypatch.setattr(
        module, "_is_same", lambda *states: used.append(is_same(*states)) or used[-1]
    )
    ahead = build_trainer(config, images)
    start = ahead.state()
    assert list(ahead.run(2)) == expected
    assert used == [True] * 5  # all but the first call
    states = [trainer.state() for trainer in (plain, ahead)]
    assert all(np.array_equal(states[0][name], states[1][name]) for name in states[0])
    ahead.restore(start)
    assert next(ahead.run(2)) == expected[0]
    ahead.restore(start)  # what was begun after the first call counts no more
    assert list(ahead.run(2)) == expected
    assert used[5:] == [False, *[True] * 5]
