"""Atomic writes."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
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
    temporary = path.with_name(f"{PART}{os.getpid()}-{path.name}")
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        number = error.errno or errno.ENOSPC  # NumPy gives no number after an incomplete write
        raise OSError(number, os.strerror(number), str(path)) from error
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file atomically, in UTF-8.

    Args:
        path: The file to write or replace.
        text: Its content.

    Raises:
        OSError: As `whole_file`.
    """
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
