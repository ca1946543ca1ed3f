"""The one border for untrusted files: only regular files are opened, and damage is a UserError."""

import os
import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from mnist_gan.support.errors import UserError
from mnist_gan.support.text import printable
from mnist_gan.support.units import megabytes

LONGEST = 150  # characters of a name in a sentence
METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}  # of zip files
# of a pipe nobody writes to, opening waits for ever; a terminal must not become ours
FLAGS = os.O_RDONLY | sum(
    getattr(os, name, 0) for name in ("O_NONBLOCK", "O_NOCTTY", "O_BINARY", "O_CLOEXEC")
)


@contextmanager
def reading(name: object, what: str) -> Iterator[None]:
    """Turn whatever reading an untrusted file raises into one UserError.

    Libraries raise many kinds on damaged files, and others with their next version.

    Args:
        name: The file, or what else is read.
        what: What it should be, as in "no PNG".

    Raises:
        UserError: Where the block raises any exception; one of its own passes unchanged.
    """
    shown = printable(name, LONGEST)
    try:
        yield
    except UserError:
        raise
    except MemoryError:
        raise UserError(f"{shown} does not fit into the memory.") from None
    except OSError as error:
        if error.errno is None:
            raise UserError(f"{shown} is damaged or no {what}.") from None
        file = printable(error.filename or name, LONGEST)
        raise UserError(f"{file} cannot be read: {os.strerror(error.errno)}.") from None
    except Exception:
        raise UserError(f"{shown} is damaged or no {what}.") from None


def open_file(path: Path, largest: int | None = None) -> IO[bytes]:
    """Open a regular file to read its bytes; no pipe, no device, no terminal.

    Args:
        path: The file.
        largest: How many bytes it may have.

    Raises:
        OSError: Where it cannot be opened.
        UserError: Where it is anything but a regular file, or larger.
    """
    descriptor = os.open(path, FLAGS)
    try:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode):
            raise UserError(f"{printable(path, LONGEST)} is no regular file, so it is not read.")
        if largest is not None and about.st_size > largest:
            raise _too_large(path, largest)
    except BaseException:
        os.close(descriptor)
        raise
    return os.fdopen(descriptor, "rb")


def read_bytes(path: Path, largest: int) -> bytes:
    """Return the bytes of a regular file. Arguments and errors as for `open_file`."""
    with open_file(path, largest) as file:
        content = file.read(largest + 1)
    if len(content) > largest:
        raise _too_large(path, largest)
    return content


def open_archive(file: IO[bytes], name: object) -> zipfile.ZipFile:
    """Open a zip file whose members are stored or deflated.

    Of what other methods packed, Python unpacks far more than is read, before any limit.

    Args:
        file: The file, open.
        name: For errors.

    Raises:
        BadZipFile: Where it is damaged.
        UserError: Where a member is packed by another method.
    """
    archive = zipfile.ZipFile(file)
    for member in archive.infolist():
        if member.compress_type not in METHODS:
            raise UserError(
                f"{printable(name, LONGEST)} holds {printable(member.filename)}, packed by a "
                "method that is not read; pack it with Deflate, which is usual in zip files."
            )
    return archive


def read_member(archive: zipfile.ZipFile, name: str) -> bytes:
    """Return the bytes of a member, and unpack no more than its declared size.

    Args:
        archive: What `open_archive` opened; that the declared size fits into the memory is checked.
        name: The member.

    Raises:
        BadZipFile: Where it is damaged, or unpacks to more.
    """
    with archive.open(name) as file:
        return file.read(archive.getinfo(name).file_size + 1)  # of -1, zipfile unpacks 2 GB at once


def is_inside(path: Path, folder: Path) -> bool:
    """Return whether a path, with all links followed, lies in a folder; False for a loop."""
    try:
        return path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError):  # Python before 3.13 raises RuntimeError for a loop
        return False


def _too_large(path: Path, largest: int) -> UserError:
    """Return the error for a file of too many bytes."""
    size = f"{largest:,} bytes" if largest < 10_000_000 else megabytes(largest)
    return UserError(f"{printable(path, LONGEST)} is larger than {size}, so it is not read.")
