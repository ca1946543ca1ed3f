"""A generator and a classifier as numbers with which a page draws digits."""

import base64
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from mnist_gan.noise import codes
from mnist_gan.sampling.numpy_layers import (
    STRIDE,
    ConvTranspose,
    Dense,
    Layer,
    NumpyGenerator,
    Rescaling,
    Reshape,
)
from mnist_gan.support.assets import arrays

DIRECTIONS = 8
LARGEST = 3_000_000  # weights of a generator that still goes into a page
JUDGE = "judge-b.npz"  # the smaller one
EPSILON = 1e-3  # of Keras's BatchNormalization


def playground(generator: NumpyGenerator, seed: int, count: int) -> dict[str, Any]:
    """Return all that a page needs to draw with a generator and to judge what it draws.

    Weights are in half precision, in order of use; the latents are those of the seed's first
    `count` digits, the classes they ask for behind them. Arrays are base64 of little-endian
    numbers.
    """
    weights = _weights(generator)
    size = generator.latent_size
    # no direction leads through kinds: there is no more or less of one
    skipped = len(codes(size)) if generator.noise == "normal+categorical" else 0
    ways = directions(weights[0][skipped:size])
    return {
        "layers": list(_shapes(generator.layers)),
        "latentSize": size,
        "classes": generator.classes,
        "noise": generator.noise,
        "weights": _encode(np.concatenate([array.ravel() for array in weights]), "<f2"),
        "latents": _encode(generator.latents(seed, count), "<f4"),
        "directions": _encode(np.pad(ways, ((0, 0), (skipped, generator.classes))), "<f4"),
        "judge": _judge(),
    }


def fits(generator: NumpyGenerator) -> bool:
    """Say whether a generator is small enough for a page, and its weights for half precision."""
    weights = _weights(generator)
    most = np.finfo(np.float16).max
    in_range = all(np.abs(array).max(initial=0) <= most for array in weights)
    return in_range and sum(array.size for array in weights) <= LARGEST


def directions(kernel: np.ndarray) -> np.ndarray:
    """Return the latent directions (k, latent), of length 1, that move the first layer most.

    The leading singular vectors of its kernel (latent, units), the strongest first (Shen and Zhou
    2021, "Closed-form factorization of latent semantics in GANs", equation 4).
    """
    vectors, _, _ = np.linalg.svd(kernel.astype(np.float64), full_matrices=False)
    return vectors.T[:DIRECTIONS]


def _weights(generator: NumpyGenerator) -> list[np.ndarray]:
    """Return all weights in order of use; the first are the kernel (inputs, units) of a Dense."""
    return [
        a for layer in generator.layers if isinstance(layer, Dense | ConvTranspose) for a in layer
    ]


def _shapes(layers: Sequence[Layer]) -> Iterator[dict[str, Any]]:
    """Yield what each layer is, without its weights; another shape of flat numbers is none."""
    size = 1  # of the picture that goes in
    for layer in layers:
        if isinstance(layer, Dense):
            inputs, units = layer.kernel.shape
            yield {"inputs": inputs, "units": units}
        elif isinstance(layer, Reshape):
            size = layer.shape[0]
        elif isinstance(layer, ConvTranspose):
            side, _, filters, channels = layer.kernel.shape
            yield {"size": size, "side": side, "filters": filters, "channels": channels}
            size *= STRIDE
        elif isinstance(layer, Rescaling):
            yield layer._asdict()
        else:
            yield {"activation": layer.name, "slope": layer.slope}


def _judge() -> dict[str, Any]:
    """Return judge b, each normalisation folded into the convolution before it."""
    stored = arrays(JUDGE)
    weights = [stored[key] for key in sorted(stored) if key.startswith("weight")]
    blocks, parts = [], []
    for kernel, gain, offset, mean, variance in zip(
        *(weights[part:-2:5] for part in range(5)), strict=True
    ):
        scale = gain / np.sqrt(variance + EPSILON)
        side, _, inputs, filters = kernel.shape
        blocks.append({"side": side, "inputs": inputs, "filters": filters})
        parts += [(kernel * scale).ravel(), offset - mean * scale]
    parts += [array.ravel() for array in weights[-2:]]
    return {"blocks": blocks, "weights": _encode(np.concatenate(parts), "<f2")}


def _encode(values: np.ndarray, kind: str) -> str:
    """Return numbers of a kind as base64."""
    return base64.b64encode(values.astype(kind).tobytes()).decode()
