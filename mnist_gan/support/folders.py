"""The folder of runs: where it is, and whether it can be written."""

import os
from pathlib import Path

from mnist_gan.support.errors import UserError

OUTPUTS = "MNIST_GAN_OUTPUTS"  # an environment variable


def outputs_folder(chosen: str | None = None) -> Path:
    """Return where runs are kept: as chosen, else MNIST_GAN_OUTPUTS, else ./outputs."""
    return Path(chosen or os.environ.get(OUTPUTS) or "outputs")


def writable_parent(outputs: Path) -> Path:
    """Return the existing folder in which `outputs` is or can be made.

    Raises UserError where a file stands in the way, or where nothing may be written.
    """
    places = [outputs.absolute(), *outputs.absolute().parents]
    place = next(place for place in places if os.path.lexists(place))
    if not place.is_dir():
        raise UserError(
            f"{outputs} cannot be a folder, since {place} is none; name another place with "
            "--outputs."
        )
    if not os.access(place, os.W_OK | os.X_OK):
        raise UserError(f"{place}: Permission denied; name another place with --outputs.")
    return place
