"""What several tests share: the backend started once, tiny parts, the command in two ways."""

import contextlib
import functools
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from unittest import mock

if "PYTEST_XDIST_WORKER" in os.environ:  # tests run side by side: a core for each
    os.environ["OMP_NUM_THREADS"] = "1"  # of NumPy and scikit-learn

import numpy as np
import pytest

from mnist_gan.cli import main
from mnist_gan.config.loading import load_config
from mnist_gan.config.schema import Config
from mnist_gan.data import sources
from mnist_gan.data.offline import embedded_digits
from mnist_gan.support.console import LOADING
from mnist_gan.support.runtime import start_backend
from tests.content import content

# a shell's job in the background is born deaf to Ctrl-C, and so is all that it starts
signal.signal(signal.SIGINT, signal.default_int_handler)
began = time.monotonic()
start_backend()  # here, because doctests and fixtures import Keras in any order
import keras  # noqa: E402

# the seconds of a test, against hanging alone: five minutes where that takes four seconds or less
LIMIT = 300 * max(1.0, (time.monotonic() - began) / 4)
sources.embedded_digits = functools.cache(embedded_digits)  # the same at every call, says a test

OF_TENSORFLOW = [
    *(f"training/backends/test_tensorflow{part}.py" for part in ("", "_kernels")),
    *("objectives/test_losses.py", "objectives/test_schedules.py"),
]
OF_JAX = [
    *("training/backends/test_jax.py", "training/backends/test_jax_together.py"),
    "training/test_devices.py",
]
collect_ignore = OF_TENSORFLOW if keras.backend.backend() == "jax" else OF_JAX

COMMAND = Path(sys.executable).with_name("mnist-gan")
TINY = (
    *("--config", "smoke", "--set", "generator.widths=[16]", "--set", "discriminator.widths=[16]"),
    *("--set", "training.eval_samples=0"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give every test the limit; those whose marks say minutes get twelve times as long."""
    for item in items:
        takes_minutes = any(item.get_closest_marker(mark) for mark in ("slow", "faults"))
        limit = 12 * LIMIT if takes_minutes else LIMIT
        item.add_marker(pytest.mark.timeout(limit))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail where tests on JAX have imported TensorFlow, which nothing then needs."""
    if keras.backend.backend() == "jax" and "tensorflow" in sys.modules:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        print("TensorFlow was imported on JAX", file=sys.stderr)


@pytest.fixture
def images() -> np.ndarray:
    """Return 300 random images (n, 784) in [-1, 1]."""
    return np.random.default_rng(1).uniform(-1, 1, (300, 784)).astype(np.float32)


@pytest.fixture(scope="session")
def own_digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file with 2,400 of the embedded digits, labelled, as if they were one's own."""
    images, labels = embedded_digits()
    path = tmp_path_factory.mktemp("own") / "own.npz"
    np.savez(path, x_train=images[::10], y_train=labels[::10])
    return path


@pytest.fixture
def tiny() -> Config:
    """Return the config of tiny networks with dropout in both."""
    return load_config("smoke", {"training.batch_size": 32, "generator.dropout": 0.1})


@pytest.fixture
def outputs(tmp_path: Path) -> Path:
    """Return a folder for runs that does not exist yet."""
    return tmp_path / "outputs"


def environment(**changes: str) -> dict[str, str]:
    """Return the environment of a person who has set none of our variables, with changes."""
    ours = ("MNIST_GAN_", "PJRT_NPROC")  # the second is set where JAX is started, as here it may be
    kept = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
    return {**kept, **changes}


class Ended(NamedTuple):
    """A command that has come to its end, with the names `subprocess` has for it."""

    returncode: int
    stdout: str
    stderr: str


def mnist_gan(*arguments: object, cwd: Path, encoding: str = "utf-8", **changes: str) -> Ended:
    """Run the command to its end in this process, which has no need to start TensorFlow again.

    Its streams have the given encoding, and answer to a character that it lacks as Python's do.
    """
    given = ["mnist-gan", *map(str, arguments)]
    stdout = io.TextIOWrapper(io.BytesIO(), encoding)
    stderr = io.TextIOWrapper(io.BytesIO(), encoding, "backslashreplace")
    with (
        contextlib.chdir(cwd),
        contextlib.redirect_stdout(stdout),
        contextlib.redirect_stderr(stderr),
        mock.patch.object(sys, "argv", given),
        mock.patch.dict(os.environ, environment(**changes), clear=True),
        pytest.raises(SystemExit) as end,
    ):
        main()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # which a process that ends gives up
    texts = []
    for stream in (stdout, stderr):
        stream.flush()
        texts.append(stream.buffer.getvalue().decode(encoding, "replace").replace("\r\n", "\n"))
    return Ended(int(end.value.code or 0), *texts)


def refusal(*arguments: object, cwd: Path, **changes: str) -> str:
    """Return the one line with which a command refuses a person's mistake.

    It exits with 2, prints nothing else but that TensorFlow will be loaded, does not load it, and
    changes no file.
    """
    before = files(cwd)
    with mock.patch.dict(sys.modules, {"tensorflow": None}):  # importing it would fail
        result = mnist_gan(*arguments, cwd=cwd, **changes)
    assert (result.returncode, result.stdout) == (2, ""), result.stderr
    (sentence,) = (line for line in result.stderr.splitlines() if line != LOADING)
    assert files(cwd) == before
    return sentence


def files(folder: Path) -> dict[Path, bytes]:
    """Return the files below a folder, with what they hold."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def installed(*arguments: object, cwd: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    """Run the installed command to its end, as a process of its own."""
    return subprocess.run(  # noqa: S603 - our own command
        [COMMAND, *map(str, arguments)],
        cwd=cwd,
        env=environment(**changes),
        capture_output=True,
        text=True,
        check=False,
    )


def script(code: str, cwd: Path | None = None, **changes: str) -> str:
    """Run Python code as a process of its own and return what it prints."""
    return subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code],
        cwd=cwd,
        env=environment(**changes),
        capture_output=True,
        text=True,
        check=True,
    ).stdout


@contextlib.contextmanager
def start(*arguments: object, cwd: Path, **options: object) -> Iterator[subprocess.Popen[str]]:
    """Start the installed command; its lines for people can be read from `stderr`.

    At the end of the block it is waited for; a test that fails or takes too long ends it.
    """
    with subprocess.Popen(  # noqa: S603 - our own command
        [COMMAND, *map(str, arguments)],
        cwd=cwd,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    ) as process:
        try:
            yield process
        except BaseException:
            process.kill()
            raise


def assert_same(run: Path, straight: Path) -> None:
    """Compare two runs byte by byte; seconds alone may differ."""
    found, expected = content(run), content(straight)
    assert found.keys() == expected.keys()
    assert [name for name in found if found[name] != expected[name]] == []
    assert not list(run.rglob(".part-*"))
    assert json.loads((run / "run.json").read_text())["status"] == "finished"
