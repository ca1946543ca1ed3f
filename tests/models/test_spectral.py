"""Spectral normalization: the paper's arithmetic, and networks of Keras's own layers for others."""

import subprocess
import sys

import keras
import numpy as np
import pytest
from keras import layers

from mnist_gan.models.discriminator import build_discriminator
from mnist_gan.models.generator import build_generator
from mnist_gan.models.spectral import SpectralNormalization, plain
from mnist_gan.training.backend import gradient
from tests.networks import build_convolutional_discriminator, build_convolutional_generator

SETTLED = 300  # calls in training after which the singular vector no longer moves
BUILDERS = {
    "generator": (lambda: build_generator(10, (8, 6), spectral_norm=True), 10),
    "discriminator": (lambda: build_discriminator((8, 6), spectral_norm=True), 784),
    "centred": (
        lambda: build_discriminator(
            (8,), mean_image=np.linspace(-1, 1, 784), input_dropout=0.1, spectral_norm=True
        ),
        784,
    ),
    "pictures": (
        lambda: build_convolutional_generator(10, (8, 6, 4), spectral_norm=True, batch_norm=True),
        10,
    ),
    "judge": (lambda: build_convolutional_discriminator((4, 6, 8), spectral_norm=True), 784),
}


def settled(layer: SpectralNormalization, inputs: np.ndarray) -> SpectralNormalization:
    """Return a layer after so many calls in training."""
    for _ in range(SETTLED):
        layer(inputs, training=True)
    return layer


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (layers.Dense(6, activation="tanh"), (5, 9)),
        (layers.Conv2D(6, 4, 2, padding="same", use_bias=False), (5, 8, 8, 3)),
        (layers.Conv2DTranspose(6, 4, 2, padding="same"), (5, 4, 4, 3)),
    ],
)
def test_the_kernel_counts_divided_by_its_largest_singular_value(layer, shape):
    """As a matrix with the kernel's last axis; biases and activations stay."""
    inputs = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    normalized = SpectralNormalization(layer)
    normalized(inputs)
    layer.kernel.assign(layer.kernel * 3)
    settled(normalized, inputs)
    if layer.use_bias:
        layer.bias.assign(np.linspace(-1, 1, 6))
    kernel = keras.ops.convert_to_numpy(layer.kernel)
    largest = np.linalg.norm(kernel.reshape(-1, kernel.shape[-1]), 2)
    outputs = keras.ops.convert_to_numpy(normalized(inputs))
    layer.kernel.assign(kernel / largest)
    np.testing.assert_allclose(outputs, layer(inputs), atol=1e-5)
    assert largest > 2


def test_gradients_are_those_of_the_paper():
    """(G - <G, W/s> u v') / s, where G is the gradient by the kernel that counts, W/s."""
    rng = np.random.default_rng(1)
    inputs, shares = (rng.normal(size=shape).astype(np.float32) for shape in ((5, 9), (5, 6)))
    dense = layers.Dense(6, use_bias=False)
    normalized = settled(SpectralNormalization(dense), inputs)
    kernel = np.array(keras.ops.convert_to_numpy(dense.kernel))

    def loss(kernel: object) -> object:
        with keras.StatelessScope(state_mapping=[(dense.kernel, kernel)]):
            return keras.ops.sum(normalized(inputs, training=True) * shares)

    left, values, right = np.linalg.svd(kernel)
    counted, by_counted = kernel / values[0], inputs.T @ shares
    along = np.outer(left[:, 0], right[0])
    expected = (by_counted - (by_counted * counted).sum() * along) / values[0]
    np.testing.assert_allclose(gradient(loss, kernel), expected, atol=1e-4)


def test_a_call_in_training_alone_moves_the_vector():
    """Whoever only looks changes nothing."""
    inputs = np.ones((3, 9), np.float32)
    layer = SpectralNormalization(layers.Dense(6))
    first = np.array(keras.ops.convert_to_numpy(layer(inputs)))
    np.testing.assert_array_equal(layer(inputs), first)
    layer(inputs, training=True)
    assert np.abs(keras.ops.convert_to_numpy(layer(inputs)) - first).max() > 1e-4


@pytest.mark.slow
@pytest.mark.parametrize("name", BUILDERS)
def test_a_network_of_plain_layers_gives_the_same(name, tmp_path):
    """Without our layer, which its own file has: Keras opens both, the second with our package."""
    build, size = BUILDERS[name]
    network = build()
    inputs = np.random.default_rng(0).normal(size=(3, size)).astype(np.float32)
    network(inputs, training=True)
    for layer in network.layers:
        assert isinstance(layer, SpectralNormalization) == (
            "spectral" in layer.name
        )  # of hidden layers, and of the logit
    copied = plain(network)
    assert plain(copied) is copied
    assert copied.inputs[0].name == network.inputs[0].name
    expected = keras.ops.convert_to_numpy(network(inputs))
    for model, file in ((network, "ours.keras"), (copied, "plain.keras")):
        model.save(tmp_path / file)
        again = keras.saving.load_model(tmp_path / file)
        np.testing.assert_allclose(again(inputs), expected, atol=1e-5)
    np.save(tmp_path / "in.npy", inputs)
    code = (
        "import keras, numpy as np\n"
        "model = keras.saving.load_model('plain.keras')\n"
        "np.save('out.npy', model(np.load('in.npy')))"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)  # noqa: S603 - our own
    np.testing.assert_allclose(np.load(tmp_path / "out.npy"), expected, atol=1e-5)


def test_labels_pass_through_to_the_plain_network():
    """A conditional discriminator keeps its second input."""
    network = build_discriminator((8, 6), classes=10, spectral_norm=True)
    inputs = [np.ones((2, 784), np.float32), np.eye(10, dtype=np.float32)[:2]]
    np.testing.assert_allclose(plain(network)(inputs), network(inputs), atol=1e-5)
    assert len(np.unique(np.asarray(network(inputs)))) == 2
