"""The folder of runs: where it is, and whether it can be written."""

import os
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
            f"{outputs} cannot be a folder, since {existing} is none; choose another folder with "
            "--outputs."
        )
    if not os.access(existing, os.W_OK | os.X_OK):
        raise UserError(f"{existing}: Permission denied; choose another folder with --outputs.")
    return existing
