"""Atomic writes."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PART = ".part-"  # how the name of an unfinished file begins


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path` that replaces it once the block has succeeded.

    The temporary name keeps the suffix, its bytes reach the disk before it takes the real name,
    and it is removed if the block raises. Raises OSError, with the real name, where the folder
    cannot be written or the disk is full.
    """
    temporary = path.with_name(f"{PART}{os.getpid()}-{path.name}")
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        number = error.errno or errno.ENOSPC  # NumPy gives none where a write falls short
        raise OSError(number, os.strerror(number), str(path)) from error
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8, whole or not at all."""
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
