"""Commands under limits of time and memory, and whether they ended as promised."""

import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, NoReturn

LONGEST = 300  # characters of a sentence
GIGABYTE = 2**30
MEMORY = 4 * GIGABYTE  # of addresses; with TensorFlow, which reserves more than it uses, four times
SECONDS = 120  # of a machine that does other things, too
OURS = ("MNIST_GAN_", "KERAS_BACKEND", "PJRT_NPROC")


class Ended(NamedTuple):
    """A command that has come to its end, or was stopped at the limit of time."""

    code: int  # negative: a signal
    stdout: str
    stderr: str
    seconds: float


def environment(**changes: str) -> dict[str, str]:
    """Return the environment of a person who has set none of the package's variables."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(OURS)}
    return {**kept, "PYTHONPATH": str(Path(__file__).parents[2]), **changes}


def forked(
    work: Callable[[], object], cwd: Path, memory: int = MEMORY, seconds: float = SECONDS
) -> Ended:
    """Run a function in a fork of this process, which needs no time to import anything."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        began = time.monotonic()
        process = os.fork()
        if not process:
            _child(work, cwd, memory, out.fileno(), err.fileno())
        code = _wait(process, began + seconds)
        texts = [_text(stream.fileno()) for stream in (out, err)]
        return Ended(code, *texts, time.monotonic() - began)


def command(
    arguments: Sequence[object], cwd: Path, memory: int = MEMORY, seconds: float = SECONDS
) -> Ended:
    """Run a command to its end, in a fork of this process."""
    return forked(lambda: run_here(arguments), cwd, memory, seconds)


def run_here(arguments: Sequence[object]) -> None:
    """Run a command in this process, which it may end."""
    from mnist_gan.cli import main

    sys.argv = ["mnist-gan", *map(str, arguments)]
    main()


def start(
    arguments: Sequence[object], cwd: Path, before: Sequence[str] = (), **changes: str
) -> subprocess.Popen[str]:
    """Start a command as a process of its own, in a group of its own.

    Args:
        arguments: Of the command.
        cwd: Where it is started; its lines for people are in the file "stderr" there.
        before: A command that starts it.
        changes: Of the environment.
    """
    with (cwd / "stderr").open("w") as lines:
        return subprocess.Popen(  # noqa: S603 - our own command
            [*before, sys.executable, "-m", "mnist_gan", *map(str, arguments)],
            cwd=cwd,
            env=environment(**changes),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=lines,
            text=True,
            start_new_session=True,
        )


def finish(process: subprocess.Popen[str], cwd: Path, seconds: float = 10 * SECONDS) -> Ended:
    """Wait for a process, and kill it and all it started at the limit of time."""
    began = time.monotonic()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    text = (cwd / "stderr").read_text("utf-8", "replace")
    return Ended(process.returncode, "", text, time.monotonic() - began)


def complaint(ended: Ended, codes: Sequence[int] = (0, 1, 2)) -> str:
    """Return which promise a command broke, "" for none."""
    lines = [line for line in ended.stderr.splitlines() if line.strip()]
    last = lines[-1] if lines else ""
    if ended.code < 0:
        return f"ended by {signal.Signals(-ended.code).name} after {ended.seconds:.0f} s"
    if "Traceback" in ended.stderr or "Exception ignored" in ended.stderr:
        return f"a traceback: {last[:160]}"
    if ended.code not in codes:
        return f"exit code {ended.code}: {last[:160]}"
    if ended.code == 1 and not last:
        return "exit code 1 without a word"
    return _unlike_sentence(last) if ended.code == 2 else ""


def _unlike_sentence(line: str) -> str:
    """Return why the last line is not the sentence of a refusal."""
    if not line.startswith("mnist-gan: "):
        return f"exit code 2 without a sentence: {line[:160]}"
    size = len(line.removeprefix("mnist-gan: "))
    return f"a sentence of {size} characters: {line[:160]}" if size > LONGEST else ""


def _child(work: Callable[[], object], cwd: Path, memory: int, out: int, err: int) -> NoReturn:
    """Do the work in the fork, and end it as Python ends a process."""
    code = 1
    try:
        os.setsid()
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.chdir(cwd)
        for number, descriptor in ((0, os.open(os.devnull, os.O_RDONLY)), (1, out), (2, err)):
            os.dup2(descriptor, number)
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        work()
        code = 0
    except SystemExit as end:
        code = int(end.code or 0)
    except BaseException:
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(code)


def _wait(process: int, deadline: float) -> int:
    """Return the exit code of a fork; kill it and all it started at the deadline."""
    while time.monotonic() < deadline:
        found, status = os.waitpid(process, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    os.killpg(process, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def _text(descriptor: int) -> str:
    """Return what was written to a file."""
    size = os.fstat(descriptor).st_size
    return os.pread(descriptor, size, 0).decode("utf-8", "replace")
