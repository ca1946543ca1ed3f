"""Downloads data sets with Keras into its cache, whole or not at all."""

import contextlib
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from mnist_gan.data.locations import keras_cache

TIMEOUT = 20.0  # seconds without a byte; Keras's own download would wait forever
FASHION = "https://storage.googleapis.com/tensorflow/tf-keras-datasets"  # as in Keras
FASHION_FILES = ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz")
FASHION_CLASSES = (  # Xiao et al. 2017
    "T-shirt",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)


def download_mnist() -> Path:
    """Download MNIST with Keras, which checks its hash, into Keras's cache; return its path.

    Keras does not write atomically and has no time limit. So it writes a temporary file, which is
    renamed when it is complete, and sockets get a timeout.

    Raises:
        OSError: If the download fails.
    """
    # Without this folder Keras would write below /tmp.
    _make_folder(keras_cache().parent)
    from keras.datasets import mnist

    temporary = keras_cache().with_name(f"mnist-{os.getpid()}.npz")
    try:
        with _downloading():
            mnist.load_data(path=temporary.name)
        return temporary.replace(keras_cache())
    finally:
        temporary.unlink(missing_ok=True)


def download_fashion() -> Path:
    """Return the folder of Fashion-MNIST's training images, downloaded where files are missing.

    Raises:
        OSError: If the download fails.
    """
    folder = keras_cache().with_name("fashion-mnist")
    missing = [name for name in FASHION_FILES if not (folder / name).is_file()]
    if not missing:
        return folder
    _make_folder(folder)
    from keras.utils import get_file

    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        for name in missing:
            with _downloading():
                found = get_file(name, f"{FASHION}/{name}", cache_dir=scratch)
            shutil.move(found, folder / name)
    return folder


def _make_folder(folder: Path) -> None:
    """Make a folder of Keras's cache; raise OSError for a user who has no home."""
    if folder.parts[0].startswith("~"):
        raise OSError("there is no home folder; set KERAS_HOME")
    folder.mkdir(parents=True, exist_ok=True)


@contextlib.contextmanager
def _downloading() -> Iterator[None]:
    """Give sockets a timeout and keep stdout for scripts; raise OSError for what goes wrong."""
    previous_timeout = socket.getdefaulttimeout()
    socket.setdefaulttimeout(TIMEOUT)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    except Exception as error:  # Keras raises bare Exception for a failed download
        raise OSError(str(error).rpartition(" -- ")[2]) from None
    finally:
        socket.setdefaulttimeout(previous_timeout)
