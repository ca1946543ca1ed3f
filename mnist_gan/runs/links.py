"""Links in a run folder: none is followed out of it."""

import os
from pathlib import Path

from mnist_gan.support.errors import UserError
from mnist_gan.support.reading import is_inside


def inside(path: Path, run: Path) -> Path:
    """Return the path of a file or folder of a run.

    Args:
        path: The path.
        run: The run folder.

    Raises:
        UserError: Where it is, or lies below, a link that leads out of the run.
    """
    if not is_inside(path, run):
        raise UserError(f"{path} is a link that leads out of the run; it is not followed.")
    return path


def refuse_linked_folders(run: Path) -> None:
    """Check that no folder below a run folder is a link that leads out of it.

    Raises:
        UserError: Where one is.
    """
    for parent, folders, _ in os.walk(run):
        for folder in folders:
            inside(Path(parent, folder), run)
