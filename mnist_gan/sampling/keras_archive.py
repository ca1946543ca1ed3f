"""A generator out of a .keras file, which is untrusted input."""

import io
import json
import math
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mnist_gan.config.schema import MOST_CLASSES
from mnist_gan.data.images import PIXELS, SIDE
from mnist_gan.noise import CODE_SHARE, INPUTS
from mnist_gan.sampling.keras_layers import Plan, RefusedError, Shape, describe, plan
from mnist_gan.sampling.numpy_generator import NumpyGenerator
from mnist_gan.sampling.numpy_layers import Layer, Reshape
from mnist_gan.sampling.output_range import from_known_range, from_seen_range
from mnist_gan.support.errors import UserError
from mnist_gan.support.reading import open_archive, open_file, read_member, reading
from mnist_gan.support.text import several
from mnist_gan.support.units import counted

MEMBERS = {"metadata.json", "config.json", "model.weights.h5"}
LARGEST_CONFIG, LARGEST_WEIGHTS = 1_000_000, 512_000_000  # bytes, far above any generator of ours
LARGEST_FILE = LARGEST_WEIGHTS + 2 * LARGEST_CONFIG
LARGEST_LATENT = 65_536
MOST_LAYERS = 200
MOST_RATIO, FEW_BYTES = 50, 16_000_000  # of unpacked to packed weights; bytes of which all is well
MOST_WEIGHTS = LARGEST_WEIGHTS // 4  # of all layers, where several may name one stored array
MOST_WORK = 2**31  # multiply-adds for one sample, of all layers
IMAGES = ((PIXELS,), (SIDE, SIDE, 1), (SIDE, SIDE))  # shapes of an output
MODULES = {"keras", "keras.layers", "keras.models", "keras.src.models.functional"}
STORED = {  # names of layers in the weights file
    "Dense": "dense",
    "Conv2D": "conv2d",
    "Conv2DTranspose": "conv2d_transpose",
    "BatchNormalization": "batch_normalization",
    "Sequential": "sequential",
    "Functional": "functional",
}

ReadWeights = Callable[[str, tuple[Shape, ...]], list[np.ndarray]]


class Link(NamedTuple):
    """A layer of a chain."""

    kind: str  # its class
    options: Mapping[str, Any]  # its config
    group: str  # of its weights in the file


def read_generator(path: Path) -> NumpyGenerator:
    """Return the generator in a `.keras` file, after validating members, sizes, layers and shapes.

    Raises:
        UserError: Where it is anything else.
    """
    import h5py

    with accepting(path):
        config, weights = _read_archive(path)
        with h5py.File(io.BytesIO(weights), "r") as file:
            return from_seen_range(generator_of(config, _reader(file, len(weights))))


@contextmanager
def accepting(name: object) -> Iterator[None]:
    """Turn whatever the block raises on a model that is no generator into one UserError."""
    with reading(name, "generator of digits"):
        try:
            yield
        except RefusedError as error:
            raise UserError(f"{name} is no generator of digits: {error}.") from None


def generator_of(config: Mapping[str, Any], read_weights: ReadWeights) -> NumpyGenerator:
    """Return the generator that a Keras config describes.

    Args:
        config: The config of a Keras model.
        read_weights: Returns, given its group in the weights file and the shapes, a layer's arrays.

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
    if sum(classes) > MOST_CLASSES:
        raise RefusedError(
            f"it is conditioned on {classes[0]:,} classes; {MOST_CLASSES} are allowed"
        )
    plans = _plans(chain, (latents + sum(classes),))
    layers = list[Layer]()
    for link, each in zip(chain, plans, strict=True):
        layers += each.build(*read_weights(link.group, each.weights))
    if plans[-1].shape != (PIXELS,):
        layers.append(Reshape((PIXELS,)))
    work, values = sum(each.work for each in plans), max(each.values for each in plans)
    return from_known_range(NumpyGenerator(layers, noise, sum(classes), work=work, values=values))


def _plans(chain: list[Link], shape: Shape) -> list[Plan]:
    """Return what the layers become. Raises RefusedError where they are no or too large a network.

    Args:
        chain: The layers.
        shape: The shape of the first one's input.
    """
    plans = list[Plan]()
    for link in chain:
        plans.append(plan(link.kind, link.options, shape))
        shape = plans[-1].shape
    if shape not in IMAGES:
        raise RefusedError(f"it ends in {describe(shape)}, expected {PIXELS} or 28 x 28 x 1")
    weights = sum(math.prod(each) for planned in plans for each in planned.weights)
    work = sum(planned.work for planned in plans)
    if not 0 < weights <= MOST_WEIGHTS:
        raise RefusedError(f"it has {counted(weights, 'weight')}, allowed are {MOST_WEIGHTS:,}")
    if work > MOST_WORK:
        raise RefusedError(f"an image takes {work:,} multiply-adds, allowed are {MOST_WORK:,}")
    return plans


def _reader(file: Any, size: int) -> ReadWeights:
    """Return the function that reads a layer's arrays from a weights file of `size` bytes."""
    left = size

    def read(group: str, shapes: tuple[Shape, ...]) -> list[np.ndarray]:
        nonlocal left
        left -= 4 * sum(map(math.prod, shapes))
        if left < 0:
            raise RefusedError("its layers have more weights than the file holds")
        return [
            _dataset(file, f"{group}/vars/{index}", shape) for index, shape in enumerate(shapes)
        ]

    return read


def _dataset(file: Any, name: str, shape: Shape) -> np.ndarray:
    """Return a plain float32 array: no link, no external storage, no compression."""
    import h5py

    node = file
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
    with (
        reading(path, "Keras model"),
        open_file(path, LARGEST_FILE) as file,
        open_archive(file, path) as archive,
    ):
        _check_members(archive, path)
        config, weights = (
            read_member(archive, name) for name in ("config.json", "model.weights.h5")
        )
        return json.loads(config), weights


def _check_members(archive: zipfile.ZipFile, path: Path) -> None:
    """Raise UserError for an archive with other members than Keras writes, or too large ones."""
    sizes = {member.filename: member.file_size for member in archive.infolist()}
    if set(sizes) != MEMBERS or len(archive.infolist()) != len(MEMBERS):
        raise UserError(f"{path} is no Keras model: it holds {several(sizes, 6) or 'nothing'}.")
    if sizes["config.json"] > LARGEST_CONFIG or sizes["model.weights.h5"] > LARGEST_WEIGHTS:
        raise UserError(f"{path} is larger than any generator of digits.")
    weights = archive.getinfo("model.weights.h5")
    if weights.file_size > max(FEW_BYTES, MOST_RATIO * weights.compress_size):
        raise UserError(
            f"{path} unpacks to more than {MOST_RATIO} times its size, which no generator does."
        )


def _inputs(config: Mapping[str, Any]) -> tuple[list[Any], list[Link]]:
    """Return the configs of the one or two inputs, and the layers after them."""
    kind, layers = config["class_name"], config["config"]["layers"]
    if kind not in ("Sequential", "Functional"):
        raise RefusedError(f"it is a {kind}, expected Sequential or Functional")
    inputs = [layer for layer in layers[:2] if layer["class_name"] == "InputLayer"]
    if not inputs:
        raise RefusedError("it does not begin with an input")
    links = list(islice(_links(config, ""), MOST_LAYERS + 1))
    if len(links) > MOST_LAYERS:
        raise RefusedError(f"it has more than {MOST_LAYERS} layers")
    chain = [link for link in links if link.kind != "InputLayer"]
    if not chain or (len(inputs) > 1 and kind == "Sequential"):
        raise RefusedError("no layers follow its input")
    return [layer["config"] for layer in inputs], chain[len(inputs) - 1 :]  # not the Concatenate


def _links(model: Mapping[str, Any], group: str) -> Iterator[Link]:
    """Yield the layers of a model, and those of models in it, in order."""
    config, named = model["config"], Counter[str]()
    if model["class_name"] == "Functional":
        _check_chain(config)
    for layer in config["layers"]:
        kind = layer["class_name"]
        is_model = kind in ("Sequential", "Functional")
        names = (None, "", kind) if is_model else (None, "")
        if layer["module"] not in MODULES or layer.get("registered_name") not in names:
            raise RefusedError(f"layer {kind} is not one of Keras's own")
        name = STORED.get(kind, kind)
        path = f"{group}layers/{name}_{named[name]}" if named[name] else f"{group}layers/{name}"
        named[name] += 1
        if is_model:
            yield from _links(layer, f"{path}/")
        else:
            yield Link(kind, layer["config"], path)


def _check_chain(network: Mapping[str, Any]) -> None:
    """Raise RefusedError unless each layer feeds the next; two inputs are concatenated first."""
    layers = network["layers"]
    count = 2 if layers[1]["class_name"] == "InputLayer" else 1
    expected = inputs = [layer["name"] for layer in layers[:count]]
    is_chain = count == 1 or (
        layers[2]["class_name"] == "Concatenate" and layers[2]["config"]["axis"] == -1
    )
    for layer in layers[count:]:
        (node,) = layer["inbound_nodes"]
        (args,) = node["args"]
        args = args if isinstance(args, list | tuple) else [args]
        is_chain &= [each["config"]["keras_history"][0] for each in args] == expected
        expected = [layer["name"]]
        if node["kwargs"].get("training"):
            raise RefusedError(f"its layer {layer['class_name']} is called with training=True")
    is_chain &= _names(network["input_layers"]) == inputs
    if not is_chain or _names(network["output_layers"]) != expected:
        raise RefusedError("its layers are not a chain")


def _names(tensors: Any) -> list[str]:
    """Return the layers of one tensor or of several, as versions of Keras write them."""
    return [name for name, *_ in (tensors if isinstance(tensors[0], list | tuple) else [tensors])]


def _width(shape: Any) -> int:
    """Return the width of an input of shape (batch, width)."""
    if len(shape) != 2 or not isinstance(shape[1], int) or not 0 < shape[1] <= LARGEST_LATENT:
        raise RefusedError(f"its input has shape {shape}, expected (None, latent)")
    return shape[1]
