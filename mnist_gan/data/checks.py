"""What seems wrong with real images that can be read all the same."""

import hashlib
from collections.abc import Iterator

import numpy as np

from mnist_gan.data.formats.standard import DIGITS
from mnist_gan.data.images import SIDE
from mnist_gan.data.sources import Dataset
from mnist_gan.support.units import counted

EMPTY = 0.2  # range of the floats of an image that shows nothing: 25 of 255 grey levels
FEW = 0.01  # share of images that may be empty, or copies, without a word


def hints(dataset: Dataset, batch_size: int) -> Iterator[str]:
    """Yield a sentence for everything that seems wrong, with the option that mends it if any does.

    Args:
        dataset: The images.
        batch_size: How many of them each update takes.
    """
    count = len(dataset.images)
    if count < batch_size:
        yield (
            f"{counted(count, 'image')} are fewer than a batch, so images are repeated in each; "
            f"--batch-size {count} takes each once."
        )
    if dataset.is_mnist:
        return
    yield from inversion_hints(dataset.images)
    has_digits = dataset.classes == DIGITS  # which a classifier looks at: see `evaluation.kind`
    if "emnist" in dataset.source.lower() and not (has_digits or "transposed" in dataset.notes):
        yield "EMNIST's files hold transposed images; --set data.transpose=true turns them."
    empty = int((np.ptp(dataset.images, axis=1) < EMPTY).sum())
    if empty > FEW * count:
        yield f"{counted(empty, 'image')} of {count:,} show nothing: all pixels are about equal."
    copies = count - len({_digest(row) for row in dataset.images})
    if copies > FEW * count:
        yield f"{counted(copies, 'image')} of {count:,} are exact copies of others."


def _digest(image: np.ndarray) -> bytes:
    """Return bytes that are the same for copies of an image; the image itself takes 3 kB."""
    return hashlib.blake2b(image.tobytes(), digest_size=16).digest()


def described(dataset: Dataset) -> str:
    """Return in a line what was read: images, classes, source, conversions, what was left out."""
    of = f" of {_classes(dataset.trained)}" if dataset.trained else ", no labels"
    notes = "".join(f"; {note}" for note in dataset.notes)
    return f"{counted(len(dataset.images), 'image')}{of}, {dataset.source}{notes}"


def _classes(names: tuple[str, ...]) -> str:
    """Return how many classes there are, with the first and the last name."""
    between = f" ({names[0]} to {names[-1]})" if len(names) > 1 else f" ({names[0]})"
    return ("1 class" if len(names) == 1 else f"{len(names)} classes") + between


def inversion_hints(images: np.ndarray) -> Iterator[str]:
    """Yield a sentence if images (n, 784) in [-1, 1] are light where MNIST's are dark."""
    rim = images.reshape(-1, SIDE, SIDE)[:, [0, -1]]  # first and last line
    if np.median(rim) > 0 and images.mean() > 0:
        level = round(127.5 * (1 + float(images.mean())))
        yield (
            f"The images look like dark ink on light paper (mean {level} of 255), the reverse of "
            "MNIST; --set data.invert=true inverts them."
        )
