"""A generator and a classifier as numbers with which a page draws digits."""

import base64
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from mnist_gan.data.formats.standard import DIGITS
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
LARGEST = 3_000_000  # weights of a generator in a page, at most
CLASSIFIER = "judge-b.npz"  # the smaller one
EPSILON = 1e-3  # of Keras's BatchNormalization


def playground(
    generator: NumpyGenerator,
    seed: int,
    count: int,
    classes: Sequence[str] = (),
    *,
    are_digits: bool = True,
) -> dict[str, Any]:
    """Return all that a page needs to generate images and, if they are digits, to classify them.

    Args:
        generator: The generator, for which `fits` holds.
        seed: Seed of the latents.
        count: Number of latents.
        classes: The names of the classes of a conditional generator; () for digits or numbers.
        are_digits: Whether a classifier of digits can judge what it draws.

    Returns:
        Values for JSON. Arrays are base64 of little-endian numbers: weights in half precision, in
        order of use; latents (count, latent + classes) in single precision, each with its one-hot
        label at the end; the directions, padded with zeros to the same width.
    """
    weights = _weights(generator)
    size = generator.latent_size
    # the categorical code has no directions: it takes one of several values
    skipped = len(codes(size)) if generator.noise == "normal+categorical" else 0
    found = directions(weights[0][skipped:size])  # (k, latent - skipped)
    return {
        "layers": list(_shapes(generator.layers)),
        "latentSize": size,
        "classes": generator.classes,
        "names": _names(generator, classes, are_digits),
        "noise": generator.noise,
        "weights": _encode(np.concatenate([array.ravel() for array in weights]), "<f2"),
        "latents": _encode(generator.latents(seed, count), "<f4"),
        "directions": _encode(np.pad(found, ((0, 0), (skipped, generator.classes))), "<f4"),
        "judge": _classifier() if are_digits else None,
    }


def _names(generator: NumpyGenerator, classes: Sequence[str], are_digits: bool) -> list[str]:
    """Return the names of the classes that can be chosen on a page."""
    count = generator.classes
    if not count:
        return list(DIGITS) if are_digits else []
    return list(classes) if len(classes) == count else [str(place) for place in range(count)]


def fits(generator: NumpyGenerator) -> bool:
    """Return whether a generator is small enough for a page and for half precision."""
    weights = _weights(generator)
    most = np.finfo(np.float16).max
    in_range = all(np.abs(array).max(initial=0) <= most for array in weights)
    return in_range and sum(array.size for array in weights) <= LARGEST


def directions(kernel: np.ndarray) -> np.ndarray:
    """Return the directions of the latent space that change the first layer's output most.

    They are the leading left singular vectors of its kernel, the strongest first (Shen and Zhou
    2021, "Closed-form factorization of latent semantics in GANs", equation 4).

    Args:
        kernel: Weights of the first layer, (latent, units).

    Returns:
        At most DIRECTIONS vectors of length 1, (k, latent).
    """
    vectors, _, _ = np.linalg.svd(kernel.astype(np.float64), full_matrices=False)
    return vectors.T[:DIRECTIONS]


def _weights(generator: NumpyGenerator) -> list[np.ndarray]:
    """Return all weights in order of use; the first is a Dense layer's kernel (inputs, units)."""
    return [
        a for layer in generator.layers if isinstance(layer, Dense | ConvTranspose) for a in layer
    ]


def _shapes(layers: Sequence[Layer]) -> Iterator[dict[str, Any]]:
    """Yield a description of each layer without its weights; a Reshape has none."""
    size = 1  # height and width of a layer's input
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


def _classifier() -> dict[str, Any]:
    """Return classifier b, with each normalisation folded into the convolution before it."""
    stored = arrays(CLASSIFIER)
    weights = [stored[key] for key in sorted(stored) if key.startswith("weight")]
    blocks, flat = [], []
    for kernel, gain, offset, mean, variance in zip(
        *(weights[part:-2:5] for part in range(5)), strict=True
    ):
        scale = gain / np.sqrt(variance + EPSILON)
        side, _, inputs, filters = kernel.shape
        blocks.append({"side": side, "inputs": inputs, "filters": filters})
        flat += [(kernel * scale).ravel(), offset - mean * scale]
    flat += [array.ravel() for array in weights[-2:]]
    return {"blocks": blocks, "weights": _encode(np.concatenate(flat), "<f2")}


def _encode(values: np.ndarray, dtype: str) -> str:
    """Return an array as base64 of its numbers in a dtype."""
    return base64.b64encode(values.astype(dtype).tobytes()).decode()
