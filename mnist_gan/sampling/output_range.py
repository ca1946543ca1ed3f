"""The range of a generator's output, and its conversion to [-1, 1]."""

from dataclasses import replace

import numpy as np

from mnist_gan.sampling.numpy_generator import NumpyGenerator
from mnist_gan.sampling.numpy_layers import (
    Activation,
    Cropping,
    Layer,
    Rescaling,
    Reshape,
    UpSampling,
)

BOUNDED = {"sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0)}
IMAGES = 100  # that are looked at where no activation says the range
Range = tuple[float, float]  # of black and of white


def from_known_range(generator: NumpyGenerator) -> NumpyGenerator:
    """Return a generator whose images are in [-1, 1], where its last layers say their range."""
    known = _known(generator.layers)
    return _converted(generator, known, "as its last layer says") if known else generator


def from_seen_range(generator: NumpyGenerator) -> NumpyGenerator:
    """Return a generator whose images are in [-1, 1], as far as some of them show.

    Where its last layers say no range, it is [-1, 1] if many values are far below 0, as the black
    background is; otherwise [0, 1], or [0, 255] if there are values far above 1.
    """
    if _known(generator.layers):
        return generator
    with np.errstate(all="ignore"):  # weights of a file may be anything
        images = generator(generator.latents(0, IMAGES))
    low, high = np.nanpercentile(images, [5, 99.9]) if np.isfinite(images).any() else (-1.0, 1.0)
    seen = (-1.0, 1.0) if low < -0.5 else (0.0, 1.0) if high < 4 else (0.0, 255.0)
    reason = f"its last layer has no limits and most values are from {low:.2g} to {high:.2g}"
    return _converted(generator, seen, f"assumed, since {reason}")


def _known(layers: list[Layer]) -> Range | None:
    """Return the range that the last layers give, None where they give none."""
    known: Range | None = None
    for layer in layers:
        if isinstance(layer, Activation) and layer.name != "linear":
            known = BOUNDED.get(layer.name)
        elif isinstance(layer, Rescaling) and known:
            low, high = (layer.scale * end + layer.offset for end in known)
            known = (low, high) if low < high else None
        elif not isinstance(layer, Reshape | Cropping | UpSampling | Activation):
            known = None
    return known


def _converted(generator: NumpyGenerator, given: Range, reason: str) -> NumpyGenerator:
    """Return the generator with images in [-1, 1], and a note unless it is as our own ones are."""
    low, high = given
    note = f"black is {low:g} and white is {high:g} in its output, {reason}"
    if given == (-1.0, 1.0):
        return replace(generator, note="" if _known(generator.layers) else note)
    scale = 2 / (high - low)
    layers = [*generator.layers, Rescaling(scale, -1 - low * scale)]
    return replace(generator, layers=layers, note=note)
