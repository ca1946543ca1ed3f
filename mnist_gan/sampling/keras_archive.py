"""A generator out of a .keras file, which is untrusted input.

Longer than other modules, so that one place decides what a file may hold.
"""

import io
import json
import math
import zipfile
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mnist_gan.config.schema import MOST_CLASSES
from mnist_gan.data.images import PIXELS
from mnist_gan.noise import CODE_SHARE, INPUTS
from mnist_gan.sampling.numpy_layers import (
    ACTIVATIONS,
    LEAKY,
    STRIDE,
    Activation,
    ConvTranspose,
    Dense,
    Layer,
    NumpyGenerator,
    Rescaling,
    Reshape,
)
from mnist_gan.support.errors import UserError
from mnist_gan.support.units import counted

MEMBERS = {"metadata.json", "config.json", "model.weights.h5"}
LARGEST_CONFIG, LARGEST_WEIGHTS = 1_000_000, 512_000_000  # bytes, far above any generator of ours
LARGEST_LAYER = 65_536  # output values of a layer for one sample
STORED = {"Dense": "dense", "Conv2DTranspose": "conv2d_transpose"}  # names in the weights file

ReadWeights = Callable[[str, tuple[int, ...], int], tuple[np.ndarray, np.ndarray]]


def read_generator(path: Path) -> NumpyGenerator:
    """Return the generator in a `.keras` file, after validating members, sizes, layers and shapes.

    Raises:
        UserError: Where it is anything else.
    """
    import h5py

    config, weights = _read_archive(path)
    try:
        with h5py.File(io.BytesIO(weights), "r") as file:
            return generator_of(config, _StoredWeights(file))
    except (RefusedError, *MISFITS) as error:
        reason = error if isinstance(error, RefusedError) else "its parts do not fit together"
        raise UserError(f"{path} is no generator of digits: {reason}.") from None


def generator_of(config: Mapping[str, Any], read_weights: ReadWeights) -> NumpyGenerator:
    """Return the generator that a Keras config describes.

    Args:
        config: The config of a Keras model.
        read_weights: Returns, given (kind, shape, units), the kernel of this shape and the bias
            (units,) of the next layer of this kind.

    Raises:
        RefusedError: Where the model is no generator.
    """
    inputs, chain = _inputs(config)
    latents, *classes = (_width(each["batch_shape"]) for each in inputs)
    noise = next((kind for kind, name in INPUTS.items() if name == inputs[0]["name"]), "normal")
    if noise == "normal+categorical" and latents < 2 * CODE_SHARE:
        raise RefusedError(
            f"its latents of {counted(latents, 'number')} have no room for a categorical code"
        )
    shape: tuple[int, ...] = (latents + sum(classes),)
    layers: list[Layer] = []
    for layer in chain:
        kind, options = layer["class_name"], layer["config"]
        if kind not in _READERS:
            raise RefusedError(f"it has a layer {kind}, allowed are {', '.join(_READERS)}")
        built, shape = _READERS[kind](options, shape, read_weights)
        if not 0 < math.prod(shape) <= LARGEST_LAYER:
            raise RefusedError(f"a layer of {counted(math.prod(shape), 'number')}")
        layers += built
    if sum(classes) > MOST_CLASSES:
        raise RefusedError(
            f"it is conditioned on {classes[0]:,} classes; {MOST_CLASSES} are allowed"
        )
    if shape != (PIXELS,):
        raise RefusedError(f"it ends in {_describe(shape)}, expected {PIXELS}")
    return NumpyGenerator(layers, noise, sum(classes))


MISFITS = (KeyError, TypeError, ValueError, AttributeError, OSError, RuntimeError, IndexError)


class RefusedError(Exception):
    """Why a model is not accepted as a generator."""


class _StoredWeights:
    """Reads the arrays of a weights file layer by layer, in order for each kind of layer."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._read = Counter[str]()

    def __call__(
        self, kind: str, shape: tuple[int, ...], units: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return kernel and bias of the next layer of a kind, or raise RefusedError."""
        index, name = self._read[kind], STORED[kind]
        self._read[kind] += 1
        group = f"layers/{name}_{index}/vars" if index else f"layers/{name}/vars"
        return self._dataset(f"{group}/0", shape), self._dataset(f"{group}/1", (units,))

    def _dataset(self, name: str, shape: tuple[int, ...]) -> np.ndarray:
        """Return a plain float32 array: no link, no external storage, no compression."""
        import h5py

        node = self._file
        for part in name.split("/"):
            if not isinstance(node.get(part, getlink=True), h5py.HardLink):
                raise RefusedError(f"its weights lack {name}")
            node = node[part]
        if not isinstance(node, h5py.Dataset) or node.is_virtual or node.external or node.chunks:
            raise RefusedError(f"{name} is no plain array")
        if node.id.get_storage_size() != node.size * node.dtype.itemsize:
            raise RefusedError(f"{name} declares more numbers than it stores")
        if node.shape != shape or node.dtype != np.float32:
            raise RefusedError(f"{name} is {node.dtype} {node.shape}, expected float32 {shape}")
        return node[()]


def _read_archive(path: Path) -> tuple[Any, bytes]:
    """Return the config and the weights file in a `.keras` archive."""
    try:
        with zipfile.ZipFile(path) as archive:
            _check_members(archive, path)
            return json.loads(archive.read("config.json")), archive.read("model.weights.h5")
    except (zipfile.BadZipFile, ValueError, EOFError, RecursionError, NotImplementedError):
        raise UserError(f"{path} is damaged or no Keras model.") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from None


def _check_members(archive: zipfile.ZipFile, path: Path) -> None:
    """Raise UserError for an archive with other members than Keras writes, or too large ones."""
    sizes = {member.filename: member.file_size for member in archive.infolist()}
    if set(sizes) != MEMBERS or len(archive.infolist()) != len(MEMBERS):
        raise UserError(f"{path} is no Keras model: it holds {', '.join(sizes) or 'nothing'}.")
    if sizes["config.json"] > LARGEST_CONFIG or sizes["model.weights.h5"] > LARGEST_WEIGHTS:
        raise UserError(f"{path} is larger than any generator of digits.")


def _inputs(config: Mapping[str, Any]) -> tuple[list[Any], list[Any]]:
    """Return the configs of the one or two inputs, and the layers after them."""
    kind, layers = config["class_name"], config["config"]["layers"]
    for layer in layers:
        if layer["module"] != "keras.layers" or layer.get("registered_name"):
            raise RefusedError(f"layer {layer['class_name']} is not one of Keras's own")
    if kind == "Sequential":
        inputs, chain = layers[:1], layers[1:]
    elif kind == "Functional":
        inputs, chain = layers[:2], layers[3:]
        if any(layer["class_name"] != "InputLayer" for layer in inputs):
            raise RefusedError("it does not begin with two inputs")
        _check_chain([layer["name"] for layer in inputs], layers[2:], config["config"])
    else:
        raise RefusedError(f"it is a {kind}, expected Sequential or Functional")
    return [layer["config"] for layer in inputs], chain


def _check_chain(inputs: list[str], layers: list[Any], network: Mapping[str, Any]) -> None:
    """Raise RefusedError unless two inputs are concatenated first and each layer feeds the next."""
    is_chain = layers[0]["class_name"] == "Concatenate" and layers[0]["config"]["axis"] == -1
    expected = inputs
    for layer in layers:
        (node,) = layer["inbound_nodes"]
        (args,) = node["args"]
        args = args if isinstance(args, list | tuple) else [args]
        is_chain &= [each["config"]["keras_history"][0] for each in args] == expected
        expected = [layer["name"]]
    is_chain &= [name for name, *_ in network["input_layers"]] == inputs
    output = network["output_layers"]
    if isinstance(output[0], list):  # as Keras before 3.11 writes it
        (output,) = output
    if not is_chain or output[0] != expected[0]:
        raise RefusedError("its layers are not a chain")


def _width(shape: Any) -> int:
    """Return the width of an input of shape (batch, width)."""
    if len(shape) != 2 or not isinstance(shape[1], int) or not 0 < shape[1] <= LARGEST_LAYER:
        raise RefusedError(f"its input has shape {shape}, expected (None, latent)")
    return shape[1]


Built = tuple[list[Layer], tuple[int, ...]]  # layers, and the shape of their output per sample


def _dense(options: Any, shape: tuple[int, ...], read_weights: ReadWeights) -> Built:
    (width,), units = shape, _count(options["units"])
    weights = read_weights("Dense", (width, units), units)
    return [Dense(*weights), _activation(options["activation"])], (units,)


def _conv_transpose(options: Any, shape: tuple[int, ...], read_weights: ReadWeights) -> Built:
    height, width, channels = shape
    filters, side = _count(options["filters"]), options["kernel_size"][0]
    known = {
        "kernel_size": [side, side],
        "strides": [STRIDE, STRIDE],
        "padding": "same",
        "output_padding": None,
        "data_format": "channels_last",
        "dilation_rate": [1, 1],
    }
    options = {"output_padding": None, **options}  # which Keras before 3.11 does not write
    given = {key: options[key] for key in known}
    given = {
        key: list(value) if isinstance(value, tuple) else value for key, value in given.items()
    }
    if given != known or side not in (2, 4, 6):
        raise RefusedError(f"a Conv2DTranspose with {given}")
    weights = read_weights("Conv2DTranspose", (side, side, filters, channels), filters)
    output = (STRIDE * height, STRIDE * width, filters)
    return [ConvTranspose(*weights), _activation(options["activation"])], output


def _reshape(options: Any, shape: tuple[int, ...], read_weights: ReadWeights) -> Built:
    target = tuple(_count(number) for number in options["target_shape"])
    if math.prod(target) != math.prod(shape):
        raise RefusedError(f"it turns {_describe(shape)} into {_describe(target)}")
    return [Reshape(target)], target


def _leaky(options: Any, shape: tuple[int, ...], read_weights: ReadWeights) -> Built:
    slope = options["negative_slope"]
    if not isinstance(slope, int | float) or not 0 <= slope < 1:
        raise RefusedError(f"its negative slope is {slope!r}")
    return [Activation(LEAKY, float(slope))], shape


def _rescaling(options: Any, shape: tuple[int, ...], read_weights: ReadWeights) -> Built:
    scale, offset = options["scale"], options["offset"]
    if not all(
        isinstance(number, int | float) and math.isfinite(number) for number in (scale, offset)
    ):
        raise RefusedError(f"a rescaling by {scale!r} and {offset!r}")
    return [Rescaling(float(scale), float(offset))], shape


def _dropout(options: Any, shape: tuple[int, ...], read_weights: ReadWeights) -> Built:
    return [], shape  # it is inactive outside training


_READERS: dict[str, Callable[[Any, tuple[int, ...], ReadWeights], Built]] = {
    "Dense": _dense,
    "Conv2DTranspose": _conv_transpose,
    "Reshape": _reshape,
    "LeakyReLU": _leaky,
    "Rescaling": _rescaling,
    "Dropout": _dropout,
}


def _count(number: Any) -> int:
    """Return a number of units, filters or pixels."""
    if not isinstance(number, int) or not 0 < number <= LARGEST_LAYER:
        raise RefusedError(f"a layer of {number} units")
    return number


def _activation(name: Any) -> Activation:
    """Return a layer's activation by its name."""
    if not isinstance(name, str) or name not in ACTIVATIONS:
        raise RefusedError(f"its activation is {name!r}, allowed are {', '.join(ACTIVATIONS)}")
    return Activation(name)


def _describe(shape: tuple[int, ...]) -> str:
    if len(shape) == 1:
        return counted(shape[0], "number")
    return f"{' x '.join(map(str, shape))} numbers"
