"""Trains one run of a sweep in a child process, and resumes it if that is killed."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import NamedTuple

from mnist_gan.sweeps.child import ORDERS, Order
from mnist_gan.sweeps.record import State

ATTEMPTS = 3  # to train one run, if its process is killed
LOOK = 0.3  # seconds between two looks at how far it is
LONGEST_REASON = 300  # characters
PATIENCE = 10  # seconds for the last lines of a process that has ended
EPOCHS = re.compile(r"(\d{1,9}) (\d{1,9})\n", re.ASCII)  # a number and its completed epochs
STOPPED = (0, 130, 143, -signal.SIGTERM)  # exit codes of a process that was told to stop


class Outcome(NamedTuple):
    """How a training ended."""

    status: State
    seconds: float
    worker: str
    why: str = ""


def train(
    order: Order, worker: str, tell: Callable[[int], None], is_stopped: Callable[[], bool]
) -> Outcome:
    """Train the run of an order in a new process.

    Args:
        order: What to train.
        worker: Where this is, for the record.
        tell: Called with the number of completed epochs, time and again.
        is_stopped: Whether to save and stop.

    Returns:
        How it ended. A process that is killed is followed by another, which resumes the run.
    """
    began = time.monotonic()
    for _ in range(ATTEMPTS):
        code, lines = run_child([order], lambda _, epochs: tell(epochs), is_stopped)
        if code >= 0 or is_stopped():
            break
    why = lines[-1][:LONGEST_REASON] if lines else ""
    status: State = "failed"
    if code == 0:
        status, why = "finished", ""
    elif is_stopped() and code in STOPPED:
        status, why = "interrupted", ""
    elif code < 0:
        why = f"its process was killed {ATTEMPTS} times, by signal {-code}; is there enough memory?"
    return Outcome(status, time.monotonic() - began, worker, why)


def run_child(
    orders: list[Order], tell: Callable[[int, int], None], is_stopped: Callable[[], bool]
) -> tuple[int, list[str]]:
    """Train in a new process, several orders together.

    Args:
        orders: What to train.
        tell: Called with a number and its completed epochs, time and again.
        is_stopped: Whether to save and stop.

    Returns:
        The exit code of the process, and the lines that it wrote to stderr.
    """
    with (
        tempfile.TemporaryFile("w+", errors="replace") as errors,
        subprocess.Popen(
            [sys.executable, "-m", "mnist_gan.sweeps.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env={**os.environ, "KERAS_BACKEND": orders[0].config.training.backend},
            text=True,
            errors="replace",
            start_new_session=True,  # Ctrl-C reaches it through its stdin only, and once
        ) as process,  # the end of which closes stdin: whatever happens here, it saves and stops
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(BrokenPipeError):  # it has died already: its exit code and stderr say so
            process.stdin.write(ORDERS.dump_json(orders).decode() + "\n")
            process.stdin.flush()
        listener = threading.Thread(target=_listen, args=(process.stdout, tell), daemon=True)
        listener.start()
        while process.poll() is None and not is_stopped():
            time.sleep(LOOK)
        with suppress(BrokenPipeError):
            process.stdin.close()
        code = process.wait()
        listener.join(PATIENCE)
        errors.seek(0)
        return code, [line.strip() for line in errors if line.strip()]


def _listen(lines: Iterable[str], tell: Callable[[int, int], None]) -> None:
    """Pass on the numbers and epochs that a process prints; libraries may print other lines."""
    for line in lines:
        if match := EPOCHS.fullmatch(line):
            tell(int(match[1]), int(match[2]))
