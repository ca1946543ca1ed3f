"""The real images and their labels, from every source."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mnist_gan.config.loading import checked
from mnist_gan.config.schema import Data
from mnist_gan.data.downloads import FASHION_CLASSES, download_fashion, download_mnist
from mnist_gan.data.formats.reader import Images, read_images
from mnist_gan.data.formats.standard import DIGITS, Wishes, as_images
from mnist_gan.data.images import PIXELS, from_uint8
from mnist_gan.data.locations import DATA, keras_cache, local_mnist
from mnist_gan.data.offline import embedded_digits
from mnist_gan.support.assets import MNIST
from mnist_gan.support.errors import UserError
from mnist_gan.support.free_memory import free_bytes
from mnist_gan.support.reading import reading
from mnist_gan.support.text import several
from mnist_gan.support.units import counted, megabytes

KNOWN_CLASSES = {"digits": DIGITS, "fashion_mnist": FASHION_CLASSES}  # of data to be made or loaded


@dataclass(frozen=True)
class Dataset:
    """Real images with their labels and their origin."""

    images: np.ndarray  # float32 (n, 784) in [-1, 1]
    labels: np.ndarray | None  # uint8 (n,), places in `classes`; some data have none
    source: str  # a description of where they come from
    sha256: str  # of the bytes of all images and labels read, including those held out
    fallback: bool = False  # whether they replace MNIST, which is not available
    held_out: np.ndarray | None = None  # float32 (m, 784), kept for evaluation
    classes: tuple[str, ...] = ()  # names of all classes of the source; none without labels
    trained: tuple[str, ...] = ()  # those among them that are trained on
    notes: tuple[str, ...] = ()  # what was read, converted and left out

    def __iter__(self) -> Iterator[np.ndarray | None]:
        """Unpack into images and labels."""
        return iter((self.images, self.labels))

    @property
    def is_mnist(self) -> bool:
        """Whether these are MNIST's training images, except those held out, from any source."""
        return self.sha256 == MNIST


def load_data(
    source: str | Path = "auto",
    classes: str | Sequence[str | int] | None = None,
    holdout: int = 0,
    *,
    grey: bool = False,
    resize: bool = False,
    invert: bool = False,
    transpose: bool = False,
) -> Dataset:
    """Return the training images of a source.

    Args:
        source: One of
            - `auto`: MNIST as below or, if it is not available, the embedded digits;
            - `mnist`: the file or folder that MNIST_GAN_DATA names, else Keras's cache, else a
              download;
            - `digits`: the embedded digits;
            - `fashion_mnist`: Fashion-MNIST from Keras's cache, else a download;
            - a path to a file or folder in one of the formats of docs/data.md.
        classes: The classes to keep, which need labels, as a list or as in "0-4,7"; None: all.
        holdout: Number of images, the last ones, that are held out from training: 0, or so many
            that they can be compared with.
        grey: Whether pictures with colours are turned grey.
        resize: Whether pictures of another size are scaled to 28x28.
        invert: Whether dark and light are exchanged.
        transpose: Whether lines and columns are exchanged.

    Returns:
        The images with their labels, and those held out.

    Raises:
        UserError: If there are no data or too few, a file is damaged or has another shape, an
            argument is not allowed, or the images do not fit into the memory.
    """
    settings = checked(
        Data,
        source=str(source) if isinstance(source, Path) else source,
        classes=list(classes) if isinstance(classes, range) else classes,
        holdout=holdout,
        grey=grey,
        resize=resize,
        invert=invert,
        transpose=transpose,
    )
    return load_data_of(settings)


def load_data_of(settings: Data) -> Dataset:
    """Return the training images of a config's section `data`; see `load_data`."""
    wishes = Wishes(settings.grey, settings.resize, settings.invert, settings.transpose)
    found, name, fallback = _read(settings.source, wishes)
    with reading(name, "source of images"):
        images, labels = _select(found, settings.classes, name)
        kept = len(images) - settings.holdout
        if kept < 1:
            raise UserError(
                f"{name} holds {counted(len(images), 'image')}, so data.holdout="
                f"{settings.holdout} leaves none to train on."
            )
        _refuse_without_memory_for(len(images), name)
        return Dataset(
            from_uint8(images[:kept]),
            labels if labels is None else labels[:kept],
            name,
            _hash(images, labels, found.classes),
            fallback,
            from_uint8(images[kept:]) if settings.holdout else None,
            found.classes,
            _trained(found, labels, settings.classes),
            found.notes,
        )


def load_mnist(source: str = "auto") -> tuple[np.ndarray, np.ndarray] | None:
    """Return MNIST's training and test images if they are at hand; nothing is downloaded.

    Args:
        source: Where to look, as for `load_data`.

    Returns:
        float32 (60000, 784) and (10000, 784) in [-1, 1]; None if there is no complete MNIST.

    Raises:
        UserError: If MNIST_GAN_DATA names a path that does not exist.
    """
    path = local_mnist() if source in ("auto", "mnist") else Path(source)
    try:
        parts = path and [read_images(path, part) for part in ("train", "test")]
    except UserError:
        return None
    if not parts or _hash(*parts[0][:3]) != MNIST:
        return None
    return from_uint8(parts[0].images), from_uint8(parts[1].images)


def _read(source: str, wishes: Wishes) -> tuple[Images, str, bool]:
    """Return the images of a source, its name, and whether it is the fallback."""
    if source == "digits":
        return _embedded(wishes), "embedded digits (enlarged from scikit-learn)", False
    if source == "fashion_mnist":
        return _fashion(wishes), "Fashion-MNIST", False
    if source not in ("auto", "mnist"):
        return read_images(Path(source), wishes=wishes), source, False
    local = local_mnist()
    if local:
        return read_images(local, wishes=wishes), str(local), False
    try:
        return read_images(download_mnist(), wishes=wishes), "MNIST, downloaded", False
    except OSError as error:
        if source == "auto":
            return _embedded(wishes), f"embedded digits, as MNIST is not available ({error})", True
        raise UserError(
            f"MNIST is not available: {DATA} is not set, {keras_cache()} does not exist, and the "
            f"download failed ({error}). Give a file with --data PATH or {DATA}=PATH."
        ) from None


def _fashion(wishes: Wishes) -> Images:
    """Return the training images of Fashion-MNIST, downloaded where Keras's cache lacks them."""
    try:
        found = read_images(download_fashion(), wishes=wishes)
    except OSError as error:
        raise UserError(
            f"Fashion-MNIST is not in Keras's cache, and the download failed ({error}); give its "
            "files with --data PATH."
        ) from None
    return found._replace(classes=FASHION_CLASSES)


def _embedded(wishes: Wishes) -> Images:
    """Return the embedded digits."""
    digits, labels = embedded_digits()
    images, notes = as_images(digits, "embedded digits", wishes)
    return Images(images, labels, DIGITS, tuple(notes))


def _refuse_without_memory_for(count: int, name: str) -> None:
    """Raise UserError where so many images as floats do not fit into the memory that is left."""
    needed, free = count * PIXELS * 4, free_bytes()  # bytes of float32
    if free is not None and needed > free:
        raise UserError(
            f"{name} holds {counted(count, 'image')}, which need {megabytes(needed)} of memory, "
            f"but only {megabytes(free)} are free; choose fewer, as with --classes."
        )


def _hash(images: np.ndarray, labels: np.ndarray | None, classes: Sequence[str]) -> str:
    """Return the SHA-256 of the bytes of images and labels, and of names that are not digits."""
    digest = hashlib.sha256(images.ravel().data)
    if labels is not None:
        digest.update(labels.tobytes())
        digest.update(b"" if tuple(classes) == DIGITS else "\0".join(classes).encode())
    return digest.hexdigest()


def refuse_unknown(wanted: Sequence[str], known: Sequence[str], name: str) -> None:
    """Raise UserError where data have no such class.

    Args:
        wanted: Names of classes.
        known: Those of the data.
        name: Of the data.
    """
    unknown = [each for each in wanted if each not in known]
    if unknown:
        raise UserError(
            f"{name} has no class {several(unknown)}; its classes are {several(known, most=10)}."
        )


def _trained(
    found: Images, labels: np.ndarray | None, classes: Sequence[str | int] | None
) -> tuple[str, ...]:
    """Return the classes that are trained on: all ten digits where none were chosen."""
    if labels is None or (classes is None and found.classes == DIGITS):
        return found.classes
    return tuple(found.classes[place] for place in np.unique(labels))


def _select(
    found: Images, classes: Sequence[str | int] | None, name: str
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the images and labels of the chosen classes."""
    if classes is None:
        return found.images, found.labels
    if found.labels is None:
        raise UserError(f"{name} has no labels, so --classes cannot choose from it.")
    wanted = list(map(str, classes))
    refuse_unknown(wanted, found.classes, name)
    chosen = np.isin(found.labels, [found.classes.index(each) for each in wanted])
    if not chosen.any():
        raise UserError(f"{name} has no image labelled {', '.join(wanted)}.")
    return found.images[chosen], found.labels[chosen]
