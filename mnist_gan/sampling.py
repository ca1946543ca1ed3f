"""A saved generator, opened safely, and samples from it."""

import io
import json
import math
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np

from mnist_gan.errors import UserError
from mnist_gan.images import PIXELS
from mnist_gan.noise import BLOCK, INPUTS, latents
from mnist_gan.runs import find_generator, outputs_folder

MEMBERS = {"metadata.json", "config.json", "model.weights.h5"}
LARGEST_CONFIG, LARGEST_WEIGHTS = 1_000_000, 512_000_000  # bytes, far above any of ours

LAYERS = ("Dense", "LeakyReLU", "Rescaling", "Dropout")
LEAKY = "leaky_relu"
ACTIVATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {  # those that Dense may name
    "linear": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "sigmoid": lambda x: (1 + np.tanh(x / 2)) / 2,  # 1 / (1 + exp(-x)), which would overflow
    "tanh": np.tanh,
}


class Dense(NamedTuple):
    """A matrix product and an offset."""

    kernel: np.ndarray  # (inputs, units)
    bias: np.ndarray  # (units,)

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Return (batch, units) of values (batch, inputs)."""
        return values @ self.kernel + self.bias


class Activation(NamedTuple):
    """A function of each number by itself: LEAKY, or one of ACTIVATIONS."""

    name: str
    slope: float = 0.0  # of LEAKY, below 0

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Return values of the same shape."""
        if self.name == LEAKY:
            return np.maximum(values, self.slope * values)
        return ACTIVATIONS[self.name](values)


class Rescaling(NamedTuple):
    """Each number times a scale, and an offset."""

    scale: float
    offset: float

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Return values of the same shape."""
        return values * np.float32(self.scale) + np.float32(self.offset)


Layer = Dense | Activation | Rescaling


@dataclass(frozen=True)
class DenseGenerator:
    """A dense generator as matrix products: NumPy draws before TensorFlow could be imported."""

    layers: list[Layer] = field(repr=False)  # millions of numbers, so not shown
    noise: str = "normal"  # the distribution of its latents

    @property
    def latent_size(self) -> int:
        """How many numbers one latent has."""
        return next(len(layer.kernel) for layer in self.layers if isinstance(layer, Dense))

    def latents(self, seed: int, count: int, start: int = 0) -> np.ndarray:
        """Return latents (count, latent) of its own kind: those of a seed, from `start` on."""
        return latents(seed, count, self.latent_size, start, self.noise)

    def __call__(self, latents: np.ndarray) -> np.ndarray:
        """Return the images (batch, 784) in [-1, 1] of latents (batch, latent)."""
        values = latents
        for layer in self.layers:
            values = layer(values)
        return values


def load_generator(model: str | Path | None = None, outputs: str | None = None) -> DenseGenerator:
    """Return the generator of a run (number, name or folder) or of a `.keras` file.

    Left out, it is the newest run's below `outputs`, or the bundled one. The file is hostile until
    checked: its members, sizes, layers and shapes are compared with what a dense generator may be,
    and only numbers are taken from it; Keras never sees it.
    Raises UserError where it is anything else.
    """
    path = find_generator(str(model) if model is not None else None, outputs_folder(outputs))
    if not path.is_file():
        raise UserError(f"There is no file {path}; a generator is a .keras file.")
    config, weights = _read_archive(path)
    try:
        with h5py.File(io.BytesIO(weights), "r") as file:
            return _assemble(config, _StoredWeights(file))
    except (_RefusedError, *_MISFITS) as error:
        reason = error if isinstance(error, _RefusedError) else "its parts do not fit together"
        raise UserError(f"{path} is no dense generator of digits: {reason}.") from None


def copy_generator(model: Any) -> DenseGenerator:
    """Return the generator that a Keras model, while it trains, is at this moment."""
    import keras

    arrays = iter([weight.numpy() for weight in model.weights])
    return _assemble(keras.saving.serialize_keras_object(model), lambda shape: next(arrays))


def sample(generator: DenseGenerator, count: int = 100, seed: int = 0) -> np.ndarray:
    """Return images 0 to `count - 1` of a seed: float32 (count, 784) in [-1, 1].

    Image k is a function of the generator, the seed and k alone, whatever the count.
    Raises ValueError if the count is negative.
    """
    if count < 0:
        raise ValueError(f"count is {count}, expected 0 or more")
    return generate(generator, generator.latents(seed, count))


def generate(generator: DenseGenerator, latents: np.ndarray) -> np.ndarray:
    """Return the images (n, 784) of given latents (n, latent).

    Always computed in blocks of one size, because the last bits of a matrix product depend on
    the number of rows.
    """
    images = np.empty((len(latents), PIXELS), np.float32)  # (n, 784)
    block = np.zeros((BLOCK, generator.latent_size), np.float32)  # (BLOCK, latent)
    for start in range(0, len(latents), BLOCK):
        part = latents[start : start + BLOCK]
        block[: len(part)] = part
        images[start : start + len(part)] = generator(block)[: len(part)]
    return images


_MISFITS = (KeyError, TypeError, ValueError, AttributeError, OSError, RuntimeError)


class _RefusedError(Exception):
    """A model that is no dense generator, and why."""


class _StoredWeights:
    """Hands out the arrays of the Dense layers of a weights file, in order."""

    def __init__(self, file: h5py.File) -> None:
        self._file = file
        self._read = 0

    def __call__(self, shape: tuple[int, ...]) -> np.ndarray:
        """Return the next array, which must have this shape."""
        layer, part = divmod(self._read, 2)
        self._read += 1
        group = f"layers/dense_{layer}/vars" if layer else "layers/dense/vars"
        return self._dataset(f"{group}/{part}", shape)

    def _dataset(self, name: str, shape: tuple[int, ...]) -> np.ndarray:
        """Return a plain float32 array: no link, no outside storage, no compression."""
        node: Any = self._file
        for part in name.split("/"):
            if not isinstance(node.get(part, getlink=True), h5py.HardLink):
                raise _RefusedError(f"its weights lack {name}")
            node = node[part]
        if not isinstance(node, h5py.Dataset) or node.is_virtual or node.external or node.chunks:
            raise _RefusedError(f"{name} is no plain array")
        if node.id.get_storage_size() != node.size * node.dtype.itemsize:
            raise _RefusedError(f"{name} promises more numbers than it holds")
        if node.shape != shape or node.dtype != np.float32:
            raise _RefusedError(f"{name} is {node.dtype} {node.shape}, expected float32 {shape}")
        return node[()]


def _read_archive(path: Path) -> tuple[Any, bytes]:
    """Return the config and the weights file inside a `.keras` archive."""
    try:
        with zipfile.ZipFile(path) as archive:
            _check_members(archive, path)
            return json.loads(archive.read("config.json")), archive.read("model.weights.h5")
    except (zipfile.BadZipFile, ValueError, EOFError, RecursionError, NotImplementedError):
        raise UserError(f"{path} is damaged or no Keras model.") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from None


def _check_members(archive: zipfile.ZipFile, path: Path) -> None:
    """Refuse an archive that is not exactly what Keras writes."""
    sizes = {member.filename: member.file_size for member in archive.infolist()}
    if set(sizes) != MEMBERS or len(archive.infolist()) != len(MEMBERS):
        raise UserError(f"{path} is no Keras model: it holds {', '.join(sizes) or 'nothing'}.")
    if sizes["config.json"] > LARGEST_CONFIG or sizes["model.weights.h5"] > LARGEST_WEIGHTS:
        raise UserError(f"{path} is larger than any generator of digits.")


def _assemble(config: Any, read_weight: Callable[[tuple[int, ...]], np.ndarray]) -> DenseGenerator:
    """Return the generator that a Keras config describes, with its weights."""
    if config["class_name"] != "Sequential":
        raise _RefusedError(f"it is a {config['class_name']}, expected Sequential")
    layers: list[Layer] = []
    width, noise = 0, "normal"
    for layer in config["config"]["layers"]:
        kind, options = layer["class_name"], layer["config"]
        if layer["module"] != "keras.layers" or layer.get("registered_name"):
            raise _RefusedError(f"layer {kind} is not one of Keras's own")
        if kind == "InputLayer":
            width = _input_width(options["batch_shape"])
            noise = "uniform" if options["name"] == INPUTS["uniform"] else "normal"
        elif kind == "Dense":
            units = options["units"]
            if not isinstance(units, int) or not 0 < units <= 65_536 or not width:
                raise _RefusedError(f"a layer of {units} units")
            layers.append(Dense(read_weight((width, units)), read_weight((units,))))
            layers.append(_activation(options["activation"]))
            width = units
        elif kind == "LeakyReLU":
            layers.append(_leaky(float(options["negative_slope"])))
        elif kind == "Rescaling":
            layers.append(_rescaling(options["scale"], options["offset"]))
        elif kind != "Dropout":  # which does nothing outside training
            raise _RefusedError(f"it has a layer {kind}, allowed are {', '.join(LAYERS)}")
    if width != PIXELS:
        raise _RefusedError(f"it ends in {width} numbers, expected {PIXELS}")
    return DenseGenerator(layers, noise)


def _input_width(shape: Any) -> int:
    """Return the latent size of an input of shape (batch, latent)."""
    if len(shape) != 2 or not isinstance(shape[1], int) or not 0 < shape[1] <= 65_536:
        raise _RefusedError(f"its input has shape {shape}, expected (None, latent)")
    return shape[1]


def _activation(name: Any) -> Activation:
    """Return a layer's activation by its plain name."""
    if not isinstance(name, str) or name not in ACTIVATIONS:
        raise _RefusedError(f"its activation is {name!r}, allowed are {', '.join(ACTIVATIONS)}")
    return Activation(name)


def _rescaling(scale: Any, offset: Any) -> Rescaling:
    """Return a rescaling by two finite numbers."""
    if not all(
        isinstance(number, int | float) and math.isfinite(number) for number in (scale, offset)
    ):
        raise _RefusedError(f"a rescaling by {scale!r} and {offset!r}")
    return Rescaling(float(scale), float(offset))


def _leaky(slope: float) -> Activation:
    """Return LeakyReLU with a slope below one."""
    if not 0 <= slope < 1:
        raise _RefusedError(f"a slope of {slope}")
    return Activation(LEAKY, slope)
