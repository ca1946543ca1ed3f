"""Where real images are looked for and kept; nothing is read."""

import os
from pathlib import Path
from typing import Literal

from mnist_gan.support.console import say
from mnist_gan.support.errors import UserError

DATA = "MNIST_GAN_DATA"  # an environment variable
NAMED = {"mnist": "MNIST", "fashion_mnist": "Fashion-MNIST", "digits": "the embedded digits"}
Kind = Literal["folder", "npz", "npy", "csv", "idx", "parquet", "mat"]

KINDS = "npz, npy, csv, idx, parquet, mat, or a folder of pictures (docs/data.md)"
SUFFIXES: dict[str, Kind] = {  # kinds of files by the ends of their names
    ".npz": "npz",
    ".npy": "npy",
    ".csv": "csv",
    ".csv.gz": "csv",
    ".tsv": "csv",
    ".zip": "csv",
    ".parquet": "parquet",
    ".mat": "mat",
}
TABLES = tuple(suffix for suffix in SUFFIXES if suffix != ".zip")  # read where a folder has one


def refuse_missing_data(source: str) -> None:
    """Check that the path of a source holds a known kind of data, without reading it.

    Args:
        source: A source of real images, as for `load_data`.

    Raises:
        UserError: If the path does not exist, or is not a known kind of data.
    """
    path = local_mnist() if source in ("auto", "mnist") else Path(source)
    if path and source not in ("digits", "fashion_mnist"):
        kind_of_data(path)


def say_which_data(source: str) -> None:
    """Print a line where a source by name is also the name of a file or folder here."""
    if source in NAMED and Path(source).exists():
        what = "folder" if Path(source).is_dir() else "file"
        say(f"--data {source} is {NAMED[source]}; --data ./{source} is the {what} here.")


def kind_of_data(path: Path) -> Kind:
    """Return the kind of data at a path, which follows from the end of its name, in any case.

    Raises:
        UserError: If the path does not exist, or is not a known kind of data.
    """
    if not path.exists():
        raise UserError(f"There is no {path}; data can be {KINDS}.")
    if path.is_dir():
        return "folder"
    if not path.is_file():  # reading a pipe could block forever
        raise UserError(f"{path} is neither a file nor a folder; data can be {KINDS}.")
    name = path.name.lower()
    for suffix, kind in SUFFIXES.items():
        if name.endswith(suffix):
            return kind
    if "ubyte" in name or "idx" in name or name.endswith(".gz"):
        return "idx"
    raise UserError(f"{path} is not a known kind of data: {KINDS}.")


def local_mnist() -> Path | None:
    """Return the copy of MNIST that MNIST_GAN_DATA names, or the one in Keras's cache, if any.

    Raises:
        UserError: If MNIST_GAN_DATA names a path that does not exist.
    """
    named = os.environ.get(DATA)
    if named and not Path(named).exists():
        raise UserError(f"{DATA} names {named}, which does not exist; correct or unset it.")
    if named:
        return Path(named)
    return keras_cache() if keras_cache().exists() else None


def keras_cache() -> Path:
    """Return the path of MNIST in Keras's cache, whether or not it exists."""
    home = os.environ.get("KERAS_HOME") or "~/.keras"  # which stays so for a user without a home
    return Path(os.path.expanduser(home)) / "datasets" / "mnist.npz"


def make_cache_folder(folder: Path) -> None:
    """Make a folder of Keras's cache, where there is none yet.

    Raises:
        OSError: Where it cannot be made, or the user has no home.
    """
    if folder.parts[0].startswith("~"):
        raise OSError("there is no home folder; set KERAS_HOME")
    folder.mkdir(parents=True, exist_ok=True)
