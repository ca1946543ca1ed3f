"""Standard streams that may be closed, or whose reader may leave, without an effect on the work."""

import io
import os
import sys
from typing import Any

NAMES = ("stdin", "stdout", "stderr")


class _Heedless(io.FileIO):
    """A file descriptor for output, of which is dropped what nobody reads any more.

    The first write that fails for another reason raises; what comes after it is dropped.
    """

    is_lost = False

    def write(self, data: Any) -> int:
        size = len(memoryview(data).cast("B"))
        if self.is_lost:
            return size
        try:
            return super().write(data)
        except OSError as error:
            self.is_lost = True
            if isinstance(error, BrokenPipeError):  # as after | head -1
                return size
            raise OSError(error.errno, error.strerror, "The output") from error


def prepare_streams() -> None:
    """Let output neither fail nor stop what is being done.

    A standard stream that is closed becomes that of the null device, so that no file that is opened
    later gets its number. What is written after the reader of a pipe has left is dropped.
    Characters that the encoding of a stream lacks are escaped.
    """
    for number, name in enumerate(NAMES):
        if getattr(sys, name) is None:  # as after 2>&-
            _open_null_device(number, name)
    for name in NAMES[1:]:
        stream = getattr(sys, name)
        if not isinstance(stream, io.TextIOWrapper):  # whoever calls us may have put another there
            continue
        if type(getattr(stream.buffer, "raw", stream.buffer)) is io.FileIO:
            stream = _heedless(stream)
            setattr(sys, name, stream)
        stream.reconfigure(errors="backslashreplace")


def _open_null_device(number: int, name: str) -> None:
    """Open the null device as a standard stream."""
    descriptor = os.open(os.devnull, os.O_RDWR)
    if descriptor != number:
        os.dup2(descriptor, number)
        os.close(descriptor)
    mode = "r" if name == "stdin" else "w"
    setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115


def _heedless(stream: io.TextIOWrapper) -> io.TextIOWrapper:
    """Return a stream for the same descriptor that drops what nobody reads."""
    stream.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(_Heedless(stream.fileno(), "w", closefd=False)),
        stream.encoding,
        line_buffering=stream.line_buffering or stream.write_through,  # as of python -u
    )
