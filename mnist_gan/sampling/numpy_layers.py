"""The layers of a generator in NumPy, at inference."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

LEAKY = "leaky_relu"
SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772  # Klambauer et al. 2017
ACTIVATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {  # by name in a layer's config
    "linear": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "sigmoid": lambda x: (1 + np.tanh(x / 2)) / 2,  # 1 / (1 + exp(-x)) without overflow
    "tanh": np.tanh,
    "elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "selu": lambda x: SELU_SCALE * np.where(x > 0, x, SELU_ALPHA * np.expm1(np.minimum(x, 0))),
    "silu": lambda x: x * (1 + np.tanh(x / 2)) / 2,
}


class Dense(NamedTuple):
    """A fully connected layer without activation."""

    kernel: np.ndarray  # (inputs, units)
    bias: np.ndarray  # (units,)

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Return (batch, units) of values (batch, inputs)."""
        return values @ self.kernel + self.bias


class Conv(NamedTuple):
    """A convolution, as Keras's Conv2D."""

    kernel: np.ndarray  # (rows, columns, channels, filters)
    bias: np.ndarray  # (filters,)
    strides: tuple[int, int] = (1, 1)
    padding: str = "same"  # or "valid"

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Return (batch, height, width, filters) of (batch, height, width, channels)."""
        (rows, columns, channels, filters), (down, right) = self.kernel.shape, self.strides
        sizes = values.shape[1:3]
        height, width = conv_size(sizes, (rows, columns), self.strides, self.padding)
        if self.padding == "same":
            ends = zip(sizes, (height, width), (rows, columns), self.strides, strict=True)
            rims = [same_rim(*end) for end in ends]
            values = np.pad(values, [(0, 0), *rims, (0, 0)])
        sums = np.zeros((len(values) * height * width, filters), values.dtype)
        for y in range(rows):
            for x in range(columns):
                part = values[:, y : y + down * height : down, x : x + right * width : right]
                sums += part.reshape(-1, channels) @ self.kernel[y, x]
        return sums.reshape(len(values), height, width, filters) + self.bias


class ConvTranspose(NamedTuple):
    """A transposed convolution, as Keras's Conv2DTranspose."""

    kernel: np.ndarray  # (rows, columns, filters, channels)
    bias: np.ndarray  # (filters,)
    strides: tuple[int, int] = (2, 2)
    padding: str = "same"  # or "valid"

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Return (batch, height, width, filters) of (batch, height, width, channels)."""
        (rows, columns, filters, channels), (down, right) = self.kernel.shape, self.strides
        n, height, width, _ = values.shape
        products = values.reshape(-1, channels) @ self.kernel.reshape(-1, channels).T
        products = products.reshape(n, height, width, rows, columns, filters)
        h, w = down * height, right * width
        rim, side = max(rows - down, 0), max(columns - right, 0)
        sums = np.zeros((n, h + rim, w + side, filters), values.dtype)
        for y in range(rows):
            for x in range(columns):
                sums[:, y : y + h : down, x : x + w : right] += products[:, :, :, y, x]
        if self.padding == "same":
            sums = sums[:, rim // 2 : rim // 2 + h, side // 2 : side // 2 + w]
        return sums + self.bias


class UpSampling(NamedTuple):
    """Each pixel repeated downwards and to the right."""

    size: tuple[int, int]

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Return (batch, height, width, channels) of such values."""
        return values.repeat(self.size[0], axis=1).repeat(self.size[1], axis=2)


class Cropping(NamedTuple):
    """Pictures without their outer rows and columns."""

    top: int
    bottom: int
    left: int
    right: int

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Return (batch, height, width, channels) of such values."""
        height, width = values.shape[1:3]
        return values[:, self.top : height - self.bottom, self.left : width - self.right]


class BatchNorm(NamedTuple):
    """Batch normalization at inference: by the means and variances that training collected."""

    gamma: np.ndarray  # (channels,), as all below
    beta: np.ndarray
    mean: np.ndarray
    variance: np.ndarray
    epsilon: float

    @property
    def affine(self) -> tuple[np.ndarray, np.ndarray]:
        """What each channel is multiplied by, and what is then added."""
        scale = self.gamma / np.sqrt(self.variance + np.float32(self.epsilon))
        return scale, self.beta - self.mean * scale

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Return values of the same shape (..., channels)."""
        scale, offset = self.affine
        return values * scale + offset


class Reshape(NamedTuple):
    """The same values in another shape."""

    shape: tuple[int, ...]  # of one sample

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Return (batch, *shape)."""
        return values.reshape(len(values), *self.shape)


class Activation(NamedTuple):
    """An elementwise function: LEAKY, or one of ACTIVATIONS."""

    name: str
    slope: float = 0.0  # of LEAKY, for negative values

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Return values of the same shape."""
        if self.name == LEAKY:
            return np.maximum(values, self.slope * values)
        return ACTIVATIONS[self.name](values)


class Rescaling(NamedTuple):
    """Each value times a scale, plus an offset."""

    scale: float
    offset: float

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Return values of the same shape."""
        return values * np.float32(self.scale) + np.float32(self.offset)


Weighted = Dense | Conv | ConvTranspose
Layer = Weighted | UpSampling | Cropping | BatchNorm | Reshape | Activation | Rescaling


def conv_size(
    sizes: tuple[int, ...], kernel: tuple[int, int], strides: tuple[int, int], padding: str
) -> tuple[int, int]:
    """Return height and width of a convolution's output.

    Args:
        sizes: Height and width of its input.
        kernel: Rows and columns of its kernel.
        strides: Its strides.
        padding: "same" or "valid".

    >>> conv_size((28, 28), (5, 5), (2, 2), "same"), conv_size((28, 28), (5, 5), (2, 2), "valid")
    ((14, 14), (12, 12))
    """
    lost = (0, 0) if padding == "same" else (kernel[0] - 1, kernel[1] - 1)
    height, width = (
        -(-(size - less) // stride) for size, less, stride in zip(sizes, lost, strides, strict=True)
    )
    return height, width


def conv_transpose_size(
    sizes: tuple[int, ...], kernel: tuple[int, int], strides: tuple[int, int], padding: str
) -> tuple[int, int]:
    """Return height and width of a transposed convolution's output; see `conv_size`."""
    height, width = (
        size * stride + (max(side - stride, 0) if padding == "valid" else 0)
        for size, side, stride in zip(sizes, kernel, strides, strict=True)
    )
    return height, width


def same_rim(size: int, output: int, side: int, stride: int) -> tuple[int, int]:
    """Return how many zeros "same" padding adds before and after a row or column.

    >>> same_rim(28, 28, 4, 1)
    (1, 2)
    """
    total = max((output - 1) * stride + side - size, 0)
    return total // 2, total - total // 2


def input_size(layer: Layer) -> int | None:
    """Return how many numbers a layer takes of one sample, None where any number will do."""
    if isinstance(layer, Dense):
        return len(layer.kernel)
    if isinstance(layer, BatchNorm):
        return len(layer.gamma)
    return math.prod(layer.shape) if isinstance(layer, Reshape) else None
