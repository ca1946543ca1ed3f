"""Atomic writes."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PART = ".part-"  # the start of a temporary file's name


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Write a file atomically: yield a temporary path beside `path` that replaces it at the end.

    The temporary name keeps the suffix. The file is synced to disk before it is renamed, and
    removed if the block raises.

    Args:
        path: The file to write or replace.

    Yields:
        The temporary path, which the block must write.

    Raises:
        OSError: If the folder cannot be written or the disk is full; its filename is `path`.
    """
    temporary = _beside(path)
    try:
        yield temporary
        _sync(temporary)
        os.replace(temporary, path)
    except OSError as error:
        raise _about(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Write a folder atomically: yield a temporary folder beside `path` that takes its name.

    The files are synced to disk before the folder is renamed. It is removed if the block raises.

    Args:
        path: The folder, which must not exist or be empty.

    Yields:
        The temporary folder, which exists.

    Raises:
        OSError: If a folder cannot be written, the disk is full or `path` is not empty; its
            filename is `path`.
    """
    temporary = _beside(path)
    try:
        temporary.mkdir()
        yield temporary
        for file in temporary.rglob("*"):
            if file.is_file():
                _sync(file)
        if path.exists():
            path.rmdir()  # an empty one, over which Windows renames nothing
        os.replace(temporary, path)
    except OSError as error:
        raise _about(path, error) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file atomically, in UTF-8; what it lacks, as in odd file names, is escaped.

    Args:
        path: The file to write or replace.
        text: Its content.

    Raises:
        OSError: As `whole_file`.
    """
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace")


def remove_left_parts(folder: Path) -> None:
    """Delete the temporary files in a folder whose processes were killed.

    Args:
        folder: The folder; those below it are left alone.
    """
    for part in folder.glob(f"{PART}*"):
        process = part.name.removeprefix(PART).partition("-")[0]
        if process.isdecimal() and not _is_running(int(process)):
            with suppress(OSError):  # another start may delete it, too
                part.unlink()


def _is_running(process: int) -> bool:
    """Return whether there is such a process; True where it cannot be asked for."""
    if os.name == "nt":  # whose os.kill ends processes
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def _beside(path: Path) -> Path:
    """Return the temporary path from which `path` is renamed."""
    return path.with_name(f"{PART}{os.getpid()}-{path.name}")


def _sync(file: Path) -> None:
    """Wait until a file's bytes are on the disk."""
    with file.open("rb+") as opened:
        os.fsync(opened.fileno())


def _about(path: Path, error: OSError) -> OSError:
    """Return an error as one about `path`."""
    number = error.errno or errno.ENOSPC  # NumPy gives no number after an incomplete write
    return OSError(number, os.strerror(number), str(path))
