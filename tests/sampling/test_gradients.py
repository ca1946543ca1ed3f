"""The gradient of each layer is that of finite differences, alone and in a chain."""

import numpy as np
import pytest

from mnist_gan.sampling.gradients import DERIVATIVES, backward, forward
from mnist_gan.sampling.numpy_layers import (
    ACTIVATIONS,
    LEAKY,
    Activation,
    BatchNorm,
    Conv,
    ConvTranspose,
    Cropping,
    Dense,
    Rescaling,
    Reshape,
    UpSampling,
)

rng = np.random.default_rng(0)


def normal(*shape):
    """Return numbers in double precision, in which differences are exact enough."""
    return rng.normal(size=shape)


LAYERS = {
    "dense": (Dense(normal(5, 3), normal(3)), (5,)),
    "conv same": (Conv(normal(3, 4, 2, 3), normal(3)), (6, 5, 2)),
    "conv same, strides": (Conv(normal(5, 3, 2, 3), normal(3), (2, 3)), (7, 6, 2)),
    "conv valid, strides": (Conv(normal(3, 2, 2, 3), normal(3), (2, 1), "valid"), (7, 6, 2)),
    "transposed same": (ConvTranspose(normal(5, 4, 3, 2), normal(3)), (4, 3, 2)),
    "transposed, kernel below strides": (ConvTranspose(normal(1, 2, 3, 2), normal(3)), (3, 3, 2)),
    "transposed valid": (ConvTranspose(normal(5, 4, 3, 2), normal(3), (2, 1), "valid"), (4, 3, 2)),
    "upsampling": (UpSampling((2, 3)), (3, 2, 2)),
    "cropping": (Cropping(1, 0, 2, 1), (4, 5, 2)),
    "batch norm": (BatchNorm(normal(3), normal(3), normal(3), normal(3) ** 2, 1e-3), (4, 3)),
    "reshape": (Reshape((2, 6)), (3, 4)),
    "rescaling": (Rescaling(0.5, 3.0), (4,)),
    LEAKY: (Activation(LEAKY, 0.2), (9,)),
    **{name: (Activation(name), (9,)) for name in ACTIVATIONS},
}


def differences(function, at, step=1e-6):
    """Return the gradient of a function of an array by central differences."""
    found = np.zeros_like(at)
    for place in np.ndindex(at.shape):
        change = np.zeros_like(at)
        change[place] = step
        found[place] = (function(at + change) - function(at - change)) / (2 * step)
    return found


@pytest.mark.parametrize("name", LAYERS)
def test_each_layer(name):
    """The gradient of a weighted sum of what comes out, with respect to each number that enters."""
    layer, shape = LAYERS[name]
    batch = normal(2, *shape)
    values = forward([layer], batch)
    weights = normal(*values[-1].shape)
    expected = differences(lambda x: (weights * layer(x)).sum(), batch)
    np.testing.assert_allclose(backward([layer], values, weights), expected, atol=1e-7)


def test_every_activation_has_its_derivative():
    """One that is added needs both."""
    assert DERIVATIVES.keys() == ACTIVATIONS.keys()


def test_a_chain():
    """From pictures back to latents through dense, transposed and normalised layers."""
    chain = [
        Dense(normal(4, 18), normal(18)),
        Activation("selu"),
        Reshape((3, 3, 2)),
        ConvTranspose(normal(3, 3, 2, 2), normal(2)),
        BatchNorm(normal(2), normal(2), normal(2), normal(2) ** 2, 1e-3),
        Activation("tanh"),
        Reshape((72,)),
    ]
    batch = normal(3, 4)
    values = forward(chain, batch)
    weights = normal(3, 72)
    expected = differences(lambda x: (weights * forward(chain, x)[-1]).sum(), batch)
    np.testing.assert_allclose(backward(chain, values, weights), expected, atol=1e-6)
