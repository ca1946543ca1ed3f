"""Atomic writes."""

import errno
import os
import platform
import re
import shutil
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PART = ".part-"  # the start of a temporary folder's name
NAME = re.compile(  # of one: process, host, random; earlier versions had files: process, name
    re.escape(PART) + r"(\d+)(?:_([0-9a-f]{8})_[0-9a-f]{8}|-.*)", re.ASCII | re.DOTALL
)
DAY = 86_400.0  # seconds


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Write a file atomically: yield a temporary path that replaces `path` at the end.

    It has the same name, in a temporary folder beside `path`. The file is synced to disk before it
    is renamed, and removed if the block raises.

    Args:
        path: The file to write or replace.

    Yields:
        The temporary path, which the block must write.

    Raises:
        OSError: If the folder cannot be written or the disk is full; its filename is `path`.
    """
    with _part(path) as temporary:
        yield temporary
        _sync(temporary)
        os.replace(temporary, path)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Write a folder atomically: yield a temporary folder that takes the place of `path`.

    The files are synced to disk before the folder is renamed. It is removed if the block raises.

    Args:
        path: The folder, which must not exist or be empty.

    Yields:
        The temporary folder, which exists.

    Raises:
        OSError: If a folder cannot be written, the disk is full or `path` is not empty; its
            filename is `path`.
    """
    with _part(path) as temporary:
        temporary.mkdir()
        yield temporary
        for file in temporary.rglob("*"):
            if file.is_file():
                _sync(file)
        if path.exists():
            path.rmdir()  # an empty one, over which Windows renames nothing
        os.replace(temporary, path)


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
    """Delete the temporary folders and files in a folder whose processes were killed.

    Where it cannot be asked whether a process runs, as on another host, they are deleted once they
    are a day old.

    Args:
        folder: The folder; those below it are left alone.
    """
    for part in folder.glob(f"{PART}*"):
        with suppress(OSError):  # another start may delete it, too
            if not _is_left(part):
                continue
            if part.is_dir() and not part.is_symlink():
                shutil.rmtree(part, ignore_errors=True)
            else:
                part.unlink()


def _is_left(part: Path) -> bool:
    """Return whether a path is that of a temporary folder or file which nobody writes any more."""
    name = NAME.fullmatch(part.name)
    if name is None:
        return False
    process, host = name.groups()
    is_here = host in (None, _host())
    if is_here and not _is_running(int(process)):
        return True
    return time.time() - part.lstat().st_mtime > DAY


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


def _host() -> str:
    """Return eight digits that tell this machine from others that share a disk."""
    return f"{zlib.crc32(platform.node().encode(errors='replace')):08x}"


@contextmanager
def _part(path: Path) -> Iterator[Path]:
    """Yield a path of the same name in a temporary folder beside `path`.

    The folder is new, so that nothing there can be a link, nor be written by another thread.
    """
    folder = path.parent / f"{PART}{os.getpid()}_{_host()}_{os.urandom(4).hex()}"
    try:
        folder.mkdir()
        yield folder / path.name
    except OSError as error:
        raise _about(path, error) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sync(file: Path) -> None:
    """Wait until a file's bytes are on the disk."""
    with file.open("rb+") as opened:
        os.fsync(opened.fileno())


def _about(path: Path, error: OSError) -> OSError:
    """Return an error as one about `path`."""
    number = error.errno or errno.ENOSPC  # NumPy gives no number after an incomplete write
    return OSError(number, os.strerror(number), str(path))
