"""Where runs and other outputs are written, and whether they can be."""

import os
from collections.abc import Sequence
from pathlib import Path

from mnist_gan.support.errors import UserError

OUTPUTS = "MNIST_GAN_OUTPUTS"  # an environment variable


def outputs_folder(chosen: str | Path | None = None) -> Path:
    """Return the folder of runs: `chosen`, else MNIST_GAN_OUTPUTS, else ./outputs."""
    return Path(chosen or os.environ.get(OUTPUTS) or "outputs")


def writable_parent(outputs: Path) -> Path:
    """Return the nearest existing folder at or above `outputs`, which can be written.

    Raises:
        UserError: If it is a file, or there is no permission to write.
    """
    candidates = [outputs.absolute(), *outputs.absolute().parents]
    existing = next(folder for folder in candidates if os.path.lexists(folder))
    if not existing.is_dir():
        raise UserError(
            f"{outputs} cannot be a folder, because {existing} is a file; choose another folder "
            "with --outputs."
        )
    if not os.access(existing, os.W_OK | os.X_OK):
        raise UserError(f"{existing}: Permission denied; choose another folder with --outputs.")
    return existing


def check_output(path: Path, *suffixes: str) -> None:
    """Check that a file or a folder can be written, before the work for it begins.

    Args:
        path: The file, which is replaced where it exists, or the folder.
        suffixes: The allowed ends of its name, in lower case; the name may have any case. "" stands
            for a folder, whose name has no ending.

    Raises:
        UserError: Where the name has another ending, the place is taken by a folder or a file, or
            the folder in which it lies is missing or cannot be written.
    """
    parent, is_file = path.absolute().parent, bool(path.suffix)
    if path.suffix.lower() not in suffixes:
        raise UserError(f"{path} should {_expected(suffixes)}.")
    if not parent.is_dir():
        raise UserError(f"{path} cannot be written: there is no folder {path.parent}; create it.")
    if path.exists() and path.is_dir() == is_file:
        kind = "folder" if is_file else "file"
        raise UserError(f"{path} is a {kind}; choose another name.")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise UserError(f"{path} cannot be written: Permission denied; choose another folder.")


def _expected(suffixes: Sequence[str]) -> str:
    """Return what the name of an output should be."""
    ends = " or ".join(filter(None, suffixes))
    kinds = [f"end in {ends}"] if ends else []
    kinds += ["be a folder, whose name has no ending"] if "" in suffixes else []
    return ", or ".join(kinds)
