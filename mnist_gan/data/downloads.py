"""Downloads data sets from where Keras has them into Keras's cache, whole or not at all.

Not by Keras itself, which would start a backend before a config says which one trains.
"""

import hashlib
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from tqdm import tqdm

from mnist_gan.data.locations import keras_cache, make_cache_folder
from mnist_gan.support.console import say
from mnist_gan.support.files import whole_file

TIMEOUT = 20.0  # seconds without a byte
LARGEST = 100_000_000  # bytes; the largest file has 26 million
PART = 65_536  # bytes
ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets"  # as in Keras
MNIST_SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"  # as in Keras
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
    """Download MNIST into Keras's cache; return its path.

    Raises:
        OSError: If the download fails.
    """
    make_cache_folder(keras_cache().parent)
    _download("mnist.npz", keras_cache(), MNIST_SHA256)
    return keras_cache()


def download_fashion() -> Path:
    """Return the folder of Fashion-MNIST's training images, downloaded where files are missing.

    Raises:
        OSError: If the download fails.
    """
    folder = keras_cache().with_name("fashion-mnist")
    missing = [name for name in FASHION_FILES if not (folder / name).is_file()]
    if missing:
        make_cache_folder(folder)
    for name in missing:
        _download(name, folder / name)
    return folder


def _download(name: str, path: Path, sha256: str = "") -> None:
    """Download a file, whole or not at all; raise OSError where it fails."""
    say(f"downloading {name} ...")
    try:
        content = _fetch(f"{ORIGIN}/{name}")
    except HTTPError as error:
        error.close()
        raise OSError(f"HTTP {error.code} {error.reason}") from None
    except URLError as error:
        raise OSError(str(error.reason)) from None
    except (HTTPException, ValueError) as error:  # a header that is no number
        raise OSError(repr(error)) from None
    found = hashlib.sha256(content).hexdigest()
    if sha256 not in ("", found):
        raise OSError(f"{name} is not the file that was expected: its SHA-256 is {found}")
    with whole_file(path) as temporary:
        temporary.write_bytes(content)


def _fetch(url: str) -> bytes:
    """Return what is at an address."""
    content = bytearray()
    with urlopen(url, timeout=TIMEOUT) as answer:  # noqa: S310 - below ORIGIN
        size = int(answer.headers.get("Content-Length") or 0)
        with tqdm(total=size, unit="B", unit_scale=True, leave=False, disable=None) as bar:
            while part := answer.read(PART):
                content += part
                bar.update(len(part))
                if len(content) > LARGEST:
                    raise OSError(f"there are more than {LARGEST:,} bytes")
    if len(content) < size:
        raise OSError(f"the connection ended after {len(content):,} of {size:,} bytes")
    return bytes(content)
