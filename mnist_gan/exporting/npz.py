"""A generator as plain arrays in an .npz file, with the lines of NumPy that draw from it."""

import json
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mnist_gan import __version__
from mnist_gan.exporting.latents import COUNT, label_line, latent_lines
from mnist_gan.sampling.numpy_generator import NumpyGenerator
from mnist_gan.sampling.numpy_layers import (
    LEAKY,
    Activation,
    ConvTranspose,
    Dense,
    Layer,
    Rescaling,
    Reshape,
)
from mnist_gan.support.errors import UserError
from mnist_gan.support.files import whole_file
from mnist_gan.support.units import counted

README = "README.txt"  # in the archive
KINDS = {Dense: "dense", ConvTranspose: "grow", Reshape: "reshape", Rescaling: "rescaling"}
STEPS = {  # how a layer of a kind is computed, in the lines of the README
    "dense": "x @ file[layer['kernel']] + file[layer['bias']]",
    "grow": "grow(x, file[layer['kernel']], file[layer['bias']])",
    "reshape": "x.reshape(-1, *layer['shape'])",
    "rescaling": "x * layer['scale'] + layer['offset']",
    LEAKY: "np.maximum(x, layer['slope'] * x)",
    "relu": "np.maximum(x, 0)",
    "sigmoid": "(1 + np.tanh(x / 2)) / 2",
    "tanh": "np.tanh(x)",
}
GROW = """
def grow(x, kernel, bias):  # a transposed convolution with a stride of 2
    (n, h, w, _), (side, _, filters, _) = x.shape, kernel.shape
    sums = np.zeros((n, 2 * h + side - 2, 2 * w + side - 2, filters))
    for i, j in np.ndindex(side, side):
        sums[:, i : i + 2 * h : 2, j : j + 2 * w : 2] += x @ kernel[i, j].T
    rim = side // 2 - 1
    return sums[:, rim : rim + 2 * h, rim : rim + 2 * w] + bias
"""
TEXT = """\
{name} holds a generator of 28x28 images, written by mnist-gan {version}.

Each array is a file in this archive. latent_size says how many numbers a latent has, noise how
they are distributed ({noise}). layers has a text in JSON for each layer, in order: its kind, and
the names of its arrays.{labels} NumPy alone draws images, x ({count}, 784) in [-1, 1]:

{code}
"""


def write(generator: NumpyGenerator, source: Path | None, output: Path) -> None:
    """Write the arrays, and the README as one more member of the archive.

    Args:
        generator: The generator.
        source: Its `.keras` file, which is not needed.
        output: The .npz file.
    """
    _refuse_strange(generator.layers)
    arrays = {
        "latent_size": np.array(generator.latent_size),
        "classes": np.array(generator.classes),
        "noise": np.array(generator.noise),
    }
    layers = list(_described(generator, arrays))
    arrays["layers"] = np.array([json.dumps(layer) for layer in layers])
    with whole_file(output) as temporary:
        with temporary.open("wb") as file:  # to a path that ends in .NPZ it would add .npz
            # allow_pickle, as which stubs take an array, is in NumPy 2.1 the name of one more array
            np.savez(file, **arrays)  # type: ignore[arg-type]
        with zipfile.ZipFile(temporary, "a") as archive:
            archive.writestr(README, _readme(generator, output.name, layers))


def _described(
    generator: NumpyGenerator, arrays: dict[str, np.ndarray]
) -> Iterator[dict[str, Any]]:
    """Yield a description of each layer; put its weights into `arrays` under clear names."""
    for layer in generator.layers:
        if isinstance(layer, Activation):
            slope = {"slope": layer.slope} if layer.name == LEAKY else {}
            if layer.name != "linear":
                yield {"kind": layer.name, **slope}
            continue
        kind, options = KINDS[type(layer)], layer._asdict()
        if isinstance(layer, Dense | ConvTranspose):
            number = 1 + sum(name.endswith("kernel") for name in arrays)
            options = {part: f"layer_{number}_{part}" for part in ("kernel", "bias")}
            arrays.update({name: getattr(layer, part) for part, name in options.items()})
        yield {"kind": kind, **options}


def _refuse_strange(layers: Sequence[Layer]) -> None:
    """Raise UserError for a layer that the lines of the README do not compute."""
    for layer in layers:
        name = layer.name if isinstance(layer, Activation) else type(layer).__name__
        is_known = name in {*STEPS, "linear"} or type(layer) in KINDS
        if isinstance(layer, ConvTranspose):
            sides, strides = layer.kernel.shape[:2], tuple(layer.strides)
            is_known = sides[0] == sides[1] in (2, 4, 6) and strides == (2, 2)
            is_known &= layer.padding == "same"
        if not is_known:
            raise UserError(
                f"An .npz has no lines for the layer {name} of this generator; take --format onnx."
            )


def _readme(generator: NumpyGenerator, name: str, layers: list[dict[str, Any]]) -> str:
    """Return the text of the README."""
    code = "\n".join(_code(generator, name, [layer["kind"] for layer in layers]))
    count = counted(generator.classes, "number")
    labels = f" After its latent an input has the class to draw: {count}, one 1, the others 0."
    return TEXT.format(
        name=name,
        version=__version__,
        noise=generator.noise,
        labels=labels if generator.classes else "",
        count=COUNT,
        code="\n".join(f"    {line}".rstrip() for line in code.splitlines()),
    )


def _code(generator: NumpyGenerator, name: str, kinds: list[str]) -> Iterator[str]:
    """Yield the lines that draw images, with the steps that this generator needs and no others."""
    yield "import json, numpy as np"
    yield f"file = np.load({name!r})"
    if "grow" in kinds:
        yield GROW.strip()
    yield "steps = {"
    yield from (f"    {kind!r}: lambda x, layer: {STEPS[kind]}," for kind in dict.fromkeys(kinds))
    yield "}"
    yield latent_lines(generator.noise, "file['latent_size']")
    if generator.classes:
        labels = label_line(generator.classes)
        yield f"x = np.concatenate([x, {labels}], axis=1)  # the classes to draw"
    yield "for layer in map(json.loads, file['layers']):"
    yield "    x = steps[layer['kind']](x, layer)"
