"""A generator and a judge as numbers with which a page draws digits by itself."""

import base64
from typing import Any

import numpy as np

from mnist_gan.assets import arrays
from mnist_gan.sampling import Dense, DenseGenerator, Layer, Rescaling

DIRECTIONS = 8
LARGEST = 3_000_000  # weights of a generator that still goes into a page
JUDGE = "judge-b.npz"  # the smaller one
EPSILON = 1e-3  # of Keras's BatchNormalization


def playground(generator: DenseGenerator, seed: int, count: int) -> dict[str, Any]:
    """Return all that a page needs to draw with a generator and to judge what it draws.

    Weights are in half precision, in order of use; the latents are those of the seed's first
    `count` digits. Arrays are base64 of little-endian numbers.
    """
    dense = [layer for layer in generator.layers if isinstance(layer, Dense)]
    weights = [array.ravel() for layer in dense for array in layer]
    return {
        "layers": [_shape(layer) for layer in generator.layers],
        "latentSize": generator.latent_size,
        "noise": generator.noise,
        "weights": _encode(np.concatenate(weights), "<f2"),
        "latents": _encode(generator.latents(seed, count), "<f4"),
        "directions": _encode(directions(dense[0].kernel), "<f4"),
        "judge": _judge(),
    }


def fits(generator: DenseGenerator) -> bool:
    """Say whether a generator is small enough for a page, and its weights for half precision."""
    weights = [array for layer in generator.layers if isinstance(layer, Dense) for array in layer]
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


def _shape(layer: Layer) -> dict[str, Any]:
    """Return what a layer is, without its weights."""
    if isinstance(layer, Dense):
        inputs, units = layer.kernel.shape
        return {"inputs": inputs, "units": units}
    if isinstance(layer, Rescaling):
        return layer._asdict()
    return {"activation": layer.name, "slope": layer.slope}


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
