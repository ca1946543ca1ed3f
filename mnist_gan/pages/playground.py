"""A generator and a classifier as numbers with which a page draws digits."""

import base64
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from mnist_gan.data.formats.standard import DIGITS
from mnist_gan.noise import codes
from mnist_gan.sampling.numpy_generator import NumpyGenerator, weights_of
from mnist_gan.sampling.numpy_layers import (
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
    Weighted,
    conv_size,
    conv_transpose_size,
    same_rim,
)
from mnist_gan.support.assets import arrays

DIRECTIONS = 8
LARGEST = 3_000_000  # weights of a generator in a page, at most
MOST_WORK = 100_000_000  # multiply-adds for a digit: about a fifth of a second in a browser
MOST_PROBED = 2**26  # numbers with which the directions are computed
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
    found = directions(_first_map(generator)[skipped:size])  # (k, latent - skipped)
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


def noun_of(are_digits: bool) -> str:
    """Return what a page calls an image."""
    return "digit" if are_digits else "image"


def _names(generator: NumpyGenerator, classes: Sequence[str], are_digits: bool) -> list[str]:
    """Return the names of the classes that can be chosen on a page."""
    count = generator.classes
    if not count:
        return list(DIGITS) if are_digits else []
    return list(classes) if len(classes) == count else [str(place) for place in range(count)]


def fits(generator: NumpyGenerator) -> bool:
    """Return whether a generator is small and fast enough for a page and for half precision."""
    weights = _weights(generator)
    most = np.finfo(np.float16).max
    in_range = all(np.abs(array).max(initial=0) <= most for array in weights)
    is_small = sum(array.size for array in weights) <= LARGEST and generator.work <= MOST_WORK
    return in_range and is_small and generator.inputs * generator.values <= MOST_PROBED


def directions(kernel: np.ndarray) -> np.ndarray:
    """Return the directions of the latent space that change the first layer's output most.

    They are the leading left singular vectors of its kernel, the strongest first (Shen and Zhou
    2021, "Closed-form factorization of latent semantics in GANs", equation 4).

    Args:
        kernel: Weights of the first layer, (latent, outputs).

    Returns:
        At most DIRECTIONS vectors of length 1, (k, latent).
    """
    vectors, _, _ = np.linalg.svd(kernel.astype(np.float64), full_matrices=False)
    return vectors.T[:DIRECTIONS]


def _first_map(generator: NumpyGenerator) -> np.ndarray:
    """Return the layers up to the first with a kernel as one matrix (inputs, outputs)."""
    values = np.eye(generator.inputs + 1, generator.inputs, dtype=np.float32)  # the last is zero
    for layer in generator.layers:
        if isinstance(layer, Dense) and layer is generator.layers[0]:
            return layer.kernel
        values = layer(values)
        if isinstance(layer, Weighted):
            break
    return (values[:-1] - values[-1]).reshape(generator.inputs, -1)


def _weights(generator: NumpyGenerator) -> list[np.ndarray]:
    """Return all weights in order of use: kernels (..., inputs, outputs) and what is added."""
    weights = list[np.ndarray]()
    for layer in generator.layers:
        if isinstance(layer, BatchNorm):
            weights += layer.affine
        elif isinstance(layer, ConvTranspose):
            weights += [layer.kernel.swapaxes(2, 3), layer.bias]
        else:
            weights += weights_of(layer)
    return weights


def _shapes(layers: Sequence[Layer]) -> Iterator[dict[str, Any]]:
    """Yield a description of each layer without its weights; a Reshape has none."""
    shape: tuple[int, ...] = ()  # of a layer's input, where it is a picture
    for layer in layers:
        if isinstance(layer, Reshape):
            shape = layer.shape
        elif isinstance(layer, Conv | ConvTranspose | UpSampling | Cropping):
            described = {"shape": shape, **_picture_layer(layer, shape)}
            yield described
            shape = described["output"]
        else:
            yield _other_layer(layer)


def _other_layer(layer: Dense | BatchNorm | Rescaling | Activation) -> dict[str, Any]:
    """Return the description of a layer that does not depend on the picture's size."""
    if isinstance(layer, Dense):
        inputs, units = layer.kernel.shape
        return {"inputs": inputs, "units": units}
    if isinstance(layer, BatchNorm):
        return {"channels": len(layer.gamma)}
    if isinstance(layer, Rescaling):
        return layer._asdict()
    return {"activation": layer.name, "slope": layer.slope}


def _picture_layer(
    layer: Conv | ConvTranspose | UpSampling | Cropping, shape: tuple[int, ...]
) -> dict[str, Any]:
    """Return the description of a layer whose input is a picture (height, width, channels)."""
    *sizes, channels = shape
    if isinstance(layer, UpSampling):
        output = (sizes[0] * layer.size[0], sizes[1] * layer.size[1], channels)
        return {"repeat": layer.size, "output": output}
    if isinstance(layer, Cropping):
        height, width = sizes[0] - layer.top - layer.bottom, sizes[1] - layer.left - layer.right
        return {"crop": (layer.top, layer.left), "output": (height, width, channels)}
    is_transposed = isinstance(layer, ConvTranspose)
    size_of = conv_transpose_size if is_transposed else conv_size
    sides: tuple[int, int] = layer.kernel.shape[:2]
    size = size_of(tuple(sizes), sides, layer.strides, layer.padding)
    rims = [0, 0]
    if layer.padding == "same":
        ends = (size, sizes) if is_transposed else (sizes, size)
        rims = [same_rim(*end)[0] for end in zip(*ends, sides, layer.strides, strict=True)]
    filters = len(layer.bias)
    described = {"sides": sides, "strides": layer.strides, "rims": rims}
    return {**described, "transposed": is_transposed, "output": (*size, filters)}


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
