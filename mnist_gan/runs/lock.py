"""The lock of a run folder, or of the folder of all runs."""

import os
from pathlib import Path

from filelock import FileLock, Timeout

from mnist_gan.support.errors import UserError
from mnist_gan.support.reading import open_file

NAME = ".lock"
FOREVER = -1.0


def lock(folder: Path, timeout: float = FOREVER) -> FileLock:
    """Return the lock of a folder, which is not held yet.

    Args:
        folder: The folder.
        timeout: Seconds to wait for another process that holds it.

    Raises:
        UserError: Where its file is a link.
    """
    path = folder / NAME
    if os.path.islink(path):  # False, too, where it cannot be known
        raise UserError(f"{path} is a link, so it is not opened; delete it.")
    return FileLock(path, timeout=timeout)


def is_locked(folder: Path) -> bool:
    """Return whether a process holds the lock of a folder.

    Raises:
        UserError: Where its file is a link.
    """
    try:
        with lock(folder, timeout=0):
            return False
    except Timeout:
        return True
    except OSError:  # another user's
        return _is_locked_by_another_user(folder / NAME)


def _is_locked_by_another_user(path: Path) -> bool:
    """Return whether a file is locked that can be read only; False where that cannot be known."""
    try:
        import fcntl  # which Windows lacks

        with open_file(path) as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except (OSError, ImportError):
        return False
    return False
