"""What every reader returns, and how much it reads at most."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

from mnist_gan.support.errors import UserError
from mnist_gan.support.units import megabytes

MOST_IMAGES = 1_000_000  # more would be a mistake, or could exhaust the memory
MOST_BYTES = MOST_IMAGES * 784 + 1_000_000  # unpacked
MOST_RATIO = 50  # of unpacked to packed bytes; that of digits is 4 to 20
FEW_BYTES = 16_000_000  # unpacked, of which the ratio does not matter
OTHER_PARTS = {"val", "valid", "validation"}  # words of names: neither training nor test
LONGEST_LABEL = 100  # characters
PIECE = 1 << 20  # bytes unpacked at a time

Part = Literal["train", "test"]


class Content(NamedTuple):
    """What a file or folder holds, as it is stored."""

    images: np.ndarray  # numbers of any kind and shape; see `standard.as_images`
    labels: np.ndarray | None  # numbers or strings, one for each image; see `standard.as_labels`
    notes: tuple[str, ...] = ()  # which parts were read, and what was left out
    names: tuple[str, ...] = ()  # of the classes that labels number, where the file has some


def check_size(path: Path, unpacked: int, packed: int | None = None) -> None:
    """Check that a file is not too large for the memory.

    Args:
        path: The file.
        unpacked: How many bytes it takes in memory.
        packed: How many on the disk, where it is compressed.

    Raises:
        UserError: Where it is too large, or so much compressed that it holds no images.
    """
    if unpacked > MOST_BYTES:
        raise UserError(
            f"{path} unpacks to {megabytes(unpacked)} or more; at most {megabytes(MOST_BYTES)} "
            "are read."
        )
    if packed is not None and unpacked > FEW_BYTES and unpacked > MOST_RATIO * packed:
        raise UserError(
            f"{path} unpacks to more than {MOST_RATIO} times its size, which no images do; it is "
            "not read."
        )


def label_array(path: Path, labels: Sequence[Any]) -> np.ndarray:
    """Return labels as an array, where each text takes the memory of the longest.

    Args:
        path: The file, for errors.
        labels: One for each image, such as numbers or texts.

    Raises:
        UserError: Where a text is too long.
    """
    longest = max((len(each) for each in labels if isinstance(each, str | bytes)), default=0)
    if longest > LONGEST_LABEL:
        raise UserError(
            f"{path} has a label of {longest:,} characters; at most {LONGEST_LABEL} are read."
        )
    return np.array(labels)
