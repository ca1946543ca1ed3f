"""Gradients through the layers of a generator in NumPy: from images back to latents."""

from collections.abc import Callable, Sequence

import numpy as np

from mnist_gan.sampling.numpy_layers import (
    LEAKY,
    SELU_ALPHA,
    SELU_SCALE,
    Activation,
    BatchNorm,
    Conv,
    ConvTranspose,
    Cropping,
    Dense,
    Layer,
    Rescaling,
    Reshape,
    UpSampling,
    same_rim,
)


def _silu(x: np.ndarray) -> np.ndarray:
    sigmoid = (1 + np.tanh(x / 2)) / 2
    return sigmoid * (1 + x * (1 - sigmoid))


DERIVATIVES: dict[str, Callable[[np.ndarray], np.ndarray]] = {  # of numpy_layers.ACTIVATIONS
    "linear": np.ones_like,
    "relu": lambda x: (x > 0).astype(x.dtype),
    "sigmoid": lambda x: (1 - np.tanh(x / 2) ** 2) / 4,
    "tanh": lambda x: 1 - np.tanh(x) ** 2,
    "elu": lambda x: np.where(x > 0, 1, np.exp(np.minimum(x, 0))),
    "selu": lambda x: SELU_SCALE * np.where(x > 0, 1, SELU_ALPHA * np.exp(np.minimum(x, 0))),
    "silu": _silu,
}


def forward(layers: Sequence[Layer], batch: np.ndarray) -> list[np.ndarray]:
    """Return what each layer gets, and last what comes out.

    Args:
        layers: A chain of layers.
        batch: What the first gets (batch, inputs).
    """
    values = [batch]
    for layer in layers:
        values.append(layer(values[-1]))
    return values


def backward(
    layers: Sequence[Layer], values: Sequence[np.ndarray], gradient: np.ndarray
) -> np.ndarray:
    """Return the gradient with respect to the batch, by the chain rule.

    Args:
        layers: A chain of layers.
        values: What `forward` returned for them.
        gradient: With respect to what comes out, of the same shape.

    Returns:
        The gradient of each sample (batch, inputs).
    """
    for layer, entered in zip(reversed(layers), reversed(values[:-1]), strict=True):
        gradient = _through(layer, entered, gradient)
    return gradient


def _through(layer: Layer, entered: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    """Return the gradient with respect to what entered a layer."""
    match layer:
        case Dense(kernel):
            found = gradient @ kernel.T
        case Conv():
            found = _through_conv(layer, entered.shape, gradient)
        case ConvTranspose():
            found = _through_conv_transpose(layer, entered.shape, gradient)
        case UpSampling((down, right)):
            n, height, width, channels = entered.shape
            found = gradient.reshape(n, height, down, width, right, channels).sum(axis=(2, 4))
        case Cropping(top, bottom, left, right):
            found = np.pad(gradient, ((0, 0), (top, bottom), (left, right), (0, 0)))
        case BatchNorm():
            found = gradient * layer.affine[0]
        case Reshape():
            found = gradient.reshape(entered.shape)
        case Rescaling(scale):
            found = gradient * np.float32(scale)
        case Activation(name, slope) if name == LEAKY:
            found = gradient * np.where(entered > slope * entered, 1, slope).astype(entered.dtype)
        case Activation(name):
            found = gradient * DERIVATIVES[name](entered)
    return found


def _through_conv(layer: Conv, shape: tuple[int, ...], gradient: np.ndarray) -> np.ndarray:
    """Return what a convolution's pixels add to the gradients of those that they were made of."""
    (rows, columns, channels, filters), (down, right) = layer.kernel.shape, layer.strides
    n, height, width, _ = gradient.shape
    ends = zip(shape[1:3], (height, width), (rows, columns), layer.strides, strict=True)
    rims = [same_rim(*end) if layer.padding == "same" else (0, 0) for end in ends]
    sizes = [size + sum(rim) for size, rim in zip(shape[1:3], rims, strict=True)]
    sums = np.zeros((n, *sizes, channels), gradient.dtype)
    flat = gradient.reshape(-1, filters)
    for y in range(rows):
        for x in range(columns):
            part = (flat @ layer.kernel[y, x].T).reshape(n, height, width, channels)
            sums[:, y : y + down * height : down, x : x + right * width : right] += part
    (top, _), (left, _) = rims
    return sums[:, top : top + shape[1], left : left + shape[2]]


def _through_conv_transpose(
    layer: ConvTranspose, shape: tuple[int, ...], gradient: np.ndarray
) -> np.ndarray:
    """Return the sums over the pixels that each pixel was added to."""
    (rows, columns, filters, channels), (down, right) = layer.kernel.shape, layer.strides
    n, height, width, _ = shape
    h, w = down * height, right * width
    if layer.padding == "same":
        rims = [max(side - step, 0) for side, step in ((rows, down), (columns, right))]
        gradient = np.pad(gradient, [(0, 0), *((rim // 2, rim - rim // 2) for rim in rims), (0, 0)])
    sums = np.zeros((n * height * width, channels), gradient.dtype)
    for y in range(rows):
        for x in range(columns):
            part = gradient[:, y : y + h : down, x : x + w : right]
            sums += part.reshape(-1, filters) @ layer.kernel[y, x]
    return sums.reshape(shape)
