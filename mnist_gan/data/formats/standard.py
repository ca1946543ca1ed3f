"""Images of any kind as bytes (n, 28, 28), and labels of any kind as numbers of classes."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import numpy as np
from PIL import Image

from mnist_gan.data.images import SIDE
from mnist_gan.support.errors import UserError
from mnist_gan.support.text import printable
from mnist_gan.support.units import counted

MOST_CLASSES = 256
DIGITS = tuple(map(str, range(10)))  # names of the classes of digits
GREY_WEIGHTS = (0.299, 0.587, 0.114)  # of red, green and blue (ITU-R BT.601), as Pillow has them
NEAR_ONE = 1.001  # floats up to here count as being at most 1
DARKEST_WHITE = 16  # floats from 0 to less than this are neither in [0, 1] nor in [0, 255]


class Wishes(NamedTuple):
    """Conversions that are made only where a config asks for them."""

    grey: bool = False  # colours to grey
    resize: bool = False  # other sizes to 28x28
    invert: bool = False  # dark ink on light paper to light ink
    transpose: bool = False  # lines and columns exchanged, as EMNIST's files need


def as_images(array: np.ndarray, name: object, wishes: Wishes) -> tuple[np.ndarray, list[str]]:
    """Return images as bytes.

    Args:
        array: bool, integers from 0 to 255, or floats in [0, 1], [-1, 1] or [0, 255], of shape
            (n, 28, 28), (n, 28, 28, channels), (n, channels, 28, 28) or (n, 784).
        name: Where they come from, for sentences.
        wishes: Conversions to make.

    Returns:
        uint8 (n, 28, 28), and sentences about what was converted.

    Raises:
        UserError: Where they are something else, or need a conversion that is not wished for.
    """
    if array.dtype.kind not in "buif":
        raise UserError(f"{name} holds images of type {array.dtype}; expected numbers.")
    notes: list[str] = []
    pictures = as_bytes(_one_channel(_pictures(array, name), name, wishes, notes), name, notes)
    if not len(pictures):
        raise UserError(f"{name} holds no images.")
    height, width = pictures.shape[1:]
    if (height, width) != (SIDE, SIDE):
        refuse_size(f"{name} holds images of", width, height, wishes)
        pictures = np.stack([resized(Image.fromarray(picture)) for picture in pictures])
        notes.append(f"resized from {width}x{height}")
    if wishes.transpose:
        pictures = np.ascontiguousarray(pictures.transpose(0, 2, 1))
        notes.append("transposed")
    if wishes.invert:
        pictures = 255 - pictures
        notes.append("inverted")
    return pictures, notes


def as_labels(
    labels: np.ndarray, count: int, name: object, names: tuple[str, ...] = ()
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return labels as numbers of classes.

    Args:
        labels: Integers, whole floats or strings, (n,), (n, 1) or (1, n), or one-hot (n, classes).
        count: How many images there are.
        name: Where they come from, for sentences.
        names: Of the classes that integers number, where the file has some.

    Returns:
        uint8 (n,), and the classes' names. Labels within 0 to 9 number the ten digits.

    Raises:
        UserError: Where they are something else.
    """
    flat = _flat(labels, count, name)
    if flat.dtype.kind in "SUO":
        return _named(flat, name)
    if flat.dtype.kind == "f":
        if not np.isfinite(flat).all() or (flat != np.rint(flat)).any():
            raise UserError(f"{name} holds labels that are not whole numbers, such as {flat[0]}.")
        flat = flat.astype(np.int64)
    if flat.dtype.kind not in "iu":
        raise UserError(f"{name} holds labels of type {flat.dtype}; expected numbers or strings.")
    if names:
        if flat.min() < 0 or flat.max() >= len(names):
            raise UserError(f"{name} names {len(names)} classes, but has a label {flat.max()}.")
        _check_names(names, name)
        return flat.astype(np.uint8), names
    if flat.min() >= 0 and flat.max() <= 9:
        return flat.astype(np.uint8), DIGITS
    values, codes = np.unique(flat, return_inverse=True)
    _refuse_too_many(len(values), name)
    return codes.astype(np.uint8), tuple(map(str, values.tolist()))


def as_bytes(array: np.ndarray, name: object, notes: list[str]) -> np.ndarray:
    """Return numbers as bytes from 0 to 255; note how they were scaled.

    Args:
        array: Numbers, of any shape.
        name: Where they come from, for sentences.
        notes: Gets a sentence where they were scaled.

    Raises:
        UserError: Where their range is not one that images have.
    """
    if not array.size:
        return array.astype(np.uint8)
    low, high = array.min(), array.max()
    if not (np.isfinite(low) and np.isfinite(high)):
        raise UserError(f"{name} holds numbers that are not finite (NaN or infinity).")
    scale, offset, note = _range(float(low), float(high), array.dtype.kind == "f", name)
    if note:
        notes.append(note)
    if (scale, offset) == (1.0, 0.0) and array.dtype.kind in "bui":
        return array.astype(np.uint8)
    return _rounded(array, scale, offset)


def _range(low: float, high: float, is_float: bool, name: object) -> tuple[float, float, str]:
    """Return by what numbers in a range are multiplied, what is added, and a note about it."""
    if low >= 0 and high <= NEAR_ONE:
        return (255.0, 0.0, "scaled from [0, 1]") if high else (1.0, 0.0, "")
    if is_float and low >= -NEAR_ONE and high <= NEAR_ONE:
        return 127.5, 127.5, "scaled from [-1, 1]"
    if low >= 0 and high <= 255 and (not is_float or high >= DARKEST_WHITE):
        return 1.0, 0.0, ""
    raise UserError(
        f"{name} holds numbers from {low:.6g} to {high:.6g}; expected 0 to 255, or floats in "
        "[0, 1] or [-1, 1]."
    )


def resized(picture: Image.Image) -> np.ndarray:
    """Return a grey picture as uint8 (28, 28), scaled with Pillow's antialiasing."""
    return np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS))


def refuse_size(begin: str, width: int, height: int, wishes: Wishes) -> None:
    """Raise UserError for another size than 28x28 where resizing is not wished for."""
    if not wishes.resize:
        raise UserError(
            f"{begin} {width}x{height} pixels, not {SIDE}x{SIDE}; --set data.resize=true scales "
            "them."
        )


def colour_error(begin: str) -> UserError:
    """Return the error about colours where turning them grey is not wished for."""
    return UserError(f"{begin} colours; --set data.grey=true turns them grey.")


def _pictures(array: np.ndarray, name: object) -> np.ndarray:
    """Return an array as (n, height, width) or (n, height, width, channels)."""
    if array.ndim == 2 and (side := round(array.shape[1] ** 0.5)) ** 2 == array.shape[1] > 1:
        return array.reshape(-1, side, side)
    if array.ndim == 3 and array.shape[2] == 1 and array.shape[1] == SIDE * SIDE:
        return array.reshape(-1, SIDE, SIDE)
    if array.ndim == 4 and array.shape[1] in (1, 3, 4) and array.shape[3] not in (1, 3, 4):
        array = array.transpose(0, 2, 3, 1)
    has_channels = array.ndim == 4 and array.shape[3] in (1, 3, 4)
    if (array.ndim == 3 or has_channels) and min(array.shape[1:]) > 0:
        return array
    raise UserError(
        f"{name} holds images of {array.dtype} {array.shape}; expected (n, {SIDE}, {SIDE}), or "
        f"(n, {SIDE * SIDE})."
    )


def _one_channel(array: np.ndarray, name: object, wishes: Wishes, notes: list[str]) -> np.ndarray:
    """Return pictures (n, height, width) of pictures with or without channels."""
    if array.ndim == 3:
        return array
    colours, alpha = array[..., :3], array[..., 3:]
    if (colours == colours[..., :1]).all() and (alpha == alpha.max(initial=0)).all():
        if array.shape[-1] > 1:
            notes.append("grey pictures in colour channels")
        return colours[..., 0]
    if not wishes.grey:
        raise colour_error(f"{name} holds")
    notes.append("colours turned grey")
    grey = colours @ np.asarray(GREY_WEIGHTS)
    return np.rint(grey).astype(array.dtype) if array.dtype.kind in "iu" else grey


def _rounded(array: np.ndarray, scale: float, offset: float) -> np.ndarray:
    """Return numbers times `scale` plus `offset` as bytes, some images at a time."""
    found = np.empty(array.shape, np.uint8)
    step = max(1, 10_000_000 // max(1, array[:1].size))
    for first in range(0, len(array), step):
        part = array[first : first + step].astype(np.float64) * scale + offset
        found[first : first + step] = np.clip(np.rint(part), 0, 255)
    return found


def _flat(labels: np.ndarray, count: int, name: object) -> np.ndarray:
    """Return labels as (n,)."""
    shape = labels.shape
    if labels.ndim == 2 and shape[0] == count and shape[1] > 1 and labels.dtype.kind in "buif":
        if not np.isin(labels, (0, 1)).all() or (labels.sum(1) != 1).any():
            raise UserError(f"{name} holds labels {shape} that are not one-hot; expected one each.")
        return labels.argmax(1)
    if labels.ndim == 2 and 1 in shape:
        labels = labels.reshape(-1)
    if labels.ndim != 1 or len(labels) != count:
        raise UserError(
            f"{name} holds labels of {labels.dtype} {shape} for {counted(count, 'image')}; "
            "expected one each."
        )
    return labels


def _named(labels: np.ndarray, name: object) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return labels that are strings as numbers, with their names; those of digits in order."""
    texts = [
        (each.decode("utf-8", "replace") if isinstance(each, bytes) else str(each)).strip()
        for each in labels.tolist()
    ]
    classes = class_names(set(texts), name)
    place = {each: index for index, each in enumerate(classes)}
    return np.array([place[each] for each in texts], np.uint8), classes


def class_names(found: set[str], name: object) -> tuple[str, ...]:
    """Return the names of classes in order; the ten digits where all are among them.

    Args:
        found: The names.
        name: Where they come from, for sentences.

    Raises:
        UserError: Where they are too many, or one is no name.

    >>> class_names({"10", "9", "b"}, "a.csv")
    ('9', '10', 'b')
    """
    if found <= set(DIGITS):
        return DIGITS
    _check_names(found, name)
    return tuple(sorted(found, key=lambda each: (not each.isdecimal(), each.zfill(20), each)))


def _check_names(found: Collection[str], name: object) -> None:
    """Raise UserError for too many classes, or a name that is empty, long or not printable."""
    _refuse_too_many(len(found), name)
    for each in found:
        if not each or len(each) > 64 or not each.isprintable():
            raise UserError(
                f"{name} has a class named '{printable(each)}'; a name should have 1 to 64 "
                "characters, all of them printable."
            )


def _refuse_too_many(classes: int, name: object) -> None:
    """Raise UserError for more classes than there can be."""
    if classes > MOST_CLASSES:
        raise UserError(
            f"{name} has {classes:,} different labels; at most {MOST_CLASSES} classes are allowed."
        )
