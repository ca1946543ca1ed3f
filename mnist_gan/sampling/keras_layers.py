"""The Keras layers that a generator may have: from a layer's config, which is untrusted, to NumPy.

Longer than other modules, so that all that a layer may be is in one place.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from mnist_gan.sampling.numpy_layers import (
    ACTIVATIONS,
    LEAKY,
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
    conv_size,
    conv_transpose_size,
)
from mnist_gan.support.text import printable
from mnist_gan.support.units import counted

LARGEST_LAYER = 262_144  # output values of a layer for one sample
LARGEST_PATCHES = 2**24  # numbers that a convolution computes with for one sample
LARGEST_SIDE = 32  # of a kernel, a stride or a repetition; an image has 28 pixels
LONGEST = 180  # characters of a reason
LEAKY_SLOPE = 0.2  # of Keras's function, where the layer's default is 0.3

Shape = tuple[int, ...]  # of one sample


class RefusedError(Exception):
    """Why a model is not accepted as a generator, shortened, since it may quote a file."""

    def __init__(self, reason: str) -> None:
        super().__init__(printable(reason, LONGEST))


class Plan(NamedTuple):
    """What a layer becomes, before memory is taken for it."""

    build: Callable[..., list[Layer]]  # from its weights
    shape: Shape  # of its output
    weights: tuple[Shape, ...] = ()  # their shapes, in Keras's order
    work: int = 0  # multiply-adds for one sample
    values: int = 0  # numbers that it computes with for one sample


def plan(kind: str, options: Mapping[str, Any], shape: Shape) -> Plan:
    """Return what a layer becomes.

    Args:
        kind: The name of its class in Keras.
        options: Its config.
        shape: The shape of its input.

    Raises:
        RefusedError: Where it is not allowed; errors of other types mean that it is damaged.
    """
    if kind not in _READERS:
        raise RefusedError(f"it has a layer {kind}, allowed are {', '.join(_READERS)}")
    planned = _READERS[kind](options, shape)
    size = math.prod(planned.shape)
    if not 0 < size <= LARGEST_LAYER:
        raise RefusedError(f"a layer of {counted(size, 'number')}")
    if planned.values > LARGEST_PATCHES:
        products = counted(planned.values, "product")
        raise RefusedError(f"a {kind} of {products}, allowed are {LARGEST_PATCHES:,}")
    return planned._replace(values=max(size, planned.values))


def describe(shape: Shape) -> str:
    """Return a shape in words."""
    if len(shape) == 1:
        return counted(shape[0], "number")
    return f"{' x '.join(map(str, shape))} numbers"


def _dense(options: Any, shape: Shape) -> Plan:
    if len(shape) != 1:
        raise RefusedError(f"it has a Dense layer on {describe(shape)}; Flatten is missing")
    (width,), units = shape, _count(options["units"])
    weights = _with_bias(options, (width, units), units)
    activation = _activation(options["activation"])
    return Plan(
        lambda *arrays: [Dense(*_filled(arrays, units)), activation],
        (units,),
        weights,
        width * units,
    )


def _conv(options: Any, shape: Shape) -> Plan:
    (*sizes, channels), filters = _picture("Conv2D", shape), _count(options["filters"])
    kernel, strides, padding = _window("Conv2D", options, {"groups": 1})
    height, width = conv_size(tuple(sizes), kernel, strides, padding)
    activation = _activation(options["activation"])
    patches = height * width * math.prod(kernel)
    return Plan(
        lambda *arrays: [Conv(*_filled(arrays, filters), strides, padding), activation],
        (max(0, height), max(0, width), filters),
        _with_bias(options, (*kernel, channels, filters), filters),
        patches * channels * filters,
        patches * max(channels, filters),
    )


def _conv_transpose(options: Any, shape: Shape) -> Plan:
    (*sizes, channels), filters = _picture("Conv2DTranspose", shape), _count(options["filters"])
    options = {"output_padding": None, **options}  # which Keras before 3.11 does not write
    kernel, strides, padding = _window("Conv2DTranspose", options, {"output_padding": None})
    size = conv_transpose_size(tuple(sizes), kernel, strides, padding)
    activation = _activation(options["activation"])
    products = math.prod(sizes) * math.prod(kernel) * filters
    return Plan(
        lambda *arrays: [ConvTranspose(*_filled(arrays, filters), strides, padding), activation],
        (*size, filters),
        _with_bias(options, (*kernel, filters, channels), filters),
        products * channels,
        products,
    )


def _batch_normalization(options: Any, shape: Shape) -> Plan:
    axis, epsilon = options["axis"], options["epsilon"]
    axis = axis[0] if isinstance(axis, list | tuple) and len(axis) == 1 else axis
    if axis not in (-1, len(shape)):
        raise RefusedError(f"it has a BatchNormalization along axis {axis!r}, allowed is the last")
    if not isinstance(epsilon, float) or not 0 < epsilon < 1:
        raise RefusedError(f"its epsilon is {epsilon!r}")
    is_scaled, is_centered = options["scale"] is True, options["center"] is True
    channels = shape[-1]

    def build(*arrays: np.ndarray) -> list[Layer]:
        given = list(arrays)
        gamma = given.pop(0) if is_scaled else np.ones(channels, np.float32)
        beta = given.pop(0) if is_centered else np.zeros(channels, np.float32)
        mean, variance = given
        if not (variance >= 0).all():
            raise RefusedError("a variance of its BatchNormalization is below 0")
        return [BatchNorm(gamma, beta, mean, variance, epsilon)]

    return Plan(build, shape, ((channels,),) * (2 + is_scaled + is_centered))


def _upsampling(options: Any, shape: Shape) -> Plan:
    height, width, channels = _picture("UpSampling2D", shape)
    known = {"interpolation": "nearest", "data_format": "channels_last"}
    _check_options("UpSampling2D", options, known)
    down, right = _pair(options["size"])
    output = (down * height, right * width, channels)
    return Plan(lambda: [UpSampling((down, right))], output)


def _cropping(options: Any, shape: Shape) -> Plan:
    height, width, channels = _picture("Cropping2D", shape)
    _check_options("Cropping2D", options, {"data_format": "channels_last"})
    (top, bottom), (left, right) = options["cropping"]
    output = (height - top - bottom, width - left - right)
    rims = (top, bottom, left, right)
    if not all(isinstance(rim, int) and rim >= 0 for rim in rims) or min(output) < 1:
        raise RefusedError(f"it crops {describe(shape)} by {options['cropping']}")
    return Plan(lambda: [Cropping(*rims)], (*output, channels))


def _reshape(options: Any, shape: Shape) -> Plan:
    target, size = list(options["target_shape"]), math.prod(shape)
    if target.count(-1) == 1:  # whatever is left
        target[target.index(-1)] = size // max(1, -math.prod(target))
    output = tuple(_count(number) for number in target)
    if math.prod(output) != size:
        raise RefusedError(f"it turns {describe(shape)} into {describe(output)}")
    return Plan(lambda: [Reshape(output)], output)


def _flatten(options: Any, shape: Shape) -> Plan:
    _check_options("Flatten", options, {"data_format": "channels_last"})
    output = (math.prod(shape),)
    return Plan(lambda: [Reshape(output)], output)


def _activation_layer(options: Any, shape: Shape) -> Plan:
    activation = _activation(options["activation"])
    return Plan(lambda: [activation], shape)


def _relu(options: Any, shape: Shape) -> Plan:
    _check_options("ReLU", options, {"max_value": None, "threshold": 0.0})
    slope = _slope(options["negative_slope"])
    return Plan(lambda: [Activation(LEAKY, slope) if slope else Activation("relu")], shape)


def _leaky(options: Any, shape: Shape) -> Plan:
    slope = _slope(options["negative_slope"])
    return Plan(lambda: [Activation(LEAKY, slope)], shape)


def _rescaling(options: Any, shape: Shape) -> Plan:
    scale, offset = options["scale"], options["offset"]
    if not all(
        isinstance(number, int | float) and math.isfinite(number) for number in (scale, offset)
    ):
        raise RefusedError(f"a rescaling by {scale!r} and {offset!r}")
    return Plan(lambda: [Rescaling(float(scale), float(offset))], shape)


def _nothing(options: Any, shape: Shape) -> Plan:
    return Plan(list, shape)  # it is inactive outside training


_READERS: dict[str, Callable[[Any, Shape], Plan]] = {
    "Dense": _dense,
    "Conv2D": _conv,
    "Conv2DTranspose": _conv_transpose,
    "BatchNormalization": _batch_normalization,
    "UpSampling2D": _upsampling,
    "Cropping2D": _cropping,
    "Reshape": _reshape,
    "Flatten": _flatten,
    "Activation": _activation_layer,
    "ReLU": _relu,
    "LeakyReLU": _leaky,
    "Rescaling": _rescaling,
    "Dropout": _nothing,
    "SpatialDropout2D": _nothing,
    "GaussianNoise": _nothing,
}


def _check_options(kind: str, options: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    """Raise RefusedError unless these options of a layer have the values known here."""
    given = {key: options[key] for key in known if options[key] != known[key]}
    if given:
        allowed = {key: known[key] for key in given}
        raise RefusedError(f"it has a {kind} with {_listed(given)}, allowed is {_listed(allowed)}")


def _listed(options: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}={value!r}" for key, value in options.items())


def _window(
    kind: str, options: Any, known: Mapping[str, Any]
) -> tuple[tuple[int, int], tuple[int, int], str]:
    """Return kernel size, strides and padding of a convolution."""
    dilation = {**options, "dilation_rate": list(options["dilation_rate"])}
    common = {"data_format": "channels_last", "dilation_rate": [1, 1]}
    _check_options(kind, dilation, {**common, **known})
    if options["padding"] not in ("same", "valid"):
        raise RefusedError(f"a {kind} with padding {options['padding']!r}")
    return _pair(options["kernel_size"]), _pair(options["strides"]), options["padding"]


def _pair(numbers: Any) -> tuple[int, int]:
    """Return a kernel size, strides or repetitions."""
    down, right = numbers
    for number in (down, right):
        if not isinstance(number, int) or not 0 < number <= LARGEST_SIDE:
            raise RefusedError(f"a kernel, stride or size of {number}, allowed is {LARGEST_SIDE}")
    return down, right


def _picture(kind: str, shape: Shape) -> Shape:
    """Return the shape of a layer's input, (height, width, channels)."""
    if len(shape) != 3:
        raise RefusedError(f"it has a {kind} on {describe(shape)}; a Reshape is missing")
    return shape


def _with_bias(options: Any, kernel: Shape, units: int) -> tuple[Shape, ...]:
    """Return the shapes of a layer's weights."""
    return (kernel, (units,)) if options["use_bias"] is True else (kernel,)


def _filled(arrays: tuple[np.ndarray, ...], units: int) -> tuple[np.ndarray, np.ndarray]:
    """Return kernel and bias, which is zero where a layer has none."""
    kernel, bias = (*arrays, np.zeros(units, np.float32))[:2]
    return kernel, bias


def _count(number: Any) -> int:
    """Return a number of units, filters or pixels."""
    if not isinstance(number, int) or not 0 < number <= LARGEST_LAYER:
        raise RefusedError(f"a layer of {number} units")
    return number


def _slope(slope: Any) -> float:
    """Return a slope for negative values."""
    if not isinstance(slope, int | float) or not 0 <= slope < 1:
        raise RefusedError(f"its negative slope is {slope!r}")
    return float(slope)


def _activation(given: Any) -> Activation:
    """Return a layer's activation, given by its name or as a layer of its own."""
    if isinstance(given, Mapping) and given.get("module") == "keras.layers":
        kind, options = given["class_name"], given["config"]
        if kind in ("LeakyReLU", "ReLU") and not given.get("registered_name"):
            (activation,) = _READERS[kind](options, (1,)).build()
            return activation  # type: ignore[return-value]
    if given == LEAKY:
        return Activation(LEAKY, LEAKY_SLOPE)
    if not isinstance(given, str) or given not in ACTIVATIONS:
        allowed = ", ".join([*ACTIVATIONS, LEAKY])
        named = given.get("class_name") if isinstance(given, Mapping) else given
        raise RefusedError(f"its activation is {named!r}, allowed are {allowed}")
    return Activation(given)
