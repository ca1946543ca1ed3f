"""Closed streams, readers that leave, users without a home, signals while a command starts."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from tests.conftest import COMMAND, TINY, environment, installed, start

NOBODY = 54_321  # a user without an entry in the list of users
ONE_EPOCH = ("train", *TINY, "--epochs", "1", "--digits", "3")


def shell(line: str, *arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a line of bash in which $0 is the command and $@ are its arguments."""
    return subprocess.run(  # noqa: S603 - our own command
        ["bash", "-c", f"set -o pipefail; {line}", COMMAND, *map(str, arguments)],  # noqa: S607
        cwd=cwd,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.parametrize("line", ['"$0" "$@" >&- 2>&-', '"$0" "$@" 2>&1 | true'])
def test_a_training_needs_nobody_to_read(line, tmp_path, own_digits):
    """Without stderr, without both streams or with a pipe that is closed, it trains to the end."""
    result = shell(line, *ONE_EPOCH, "--data", own_digits, cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert "0001  smoke finished" in installed("runs", cwd=tmp_path).stdout


@pytest.mark.slow
@pytest.mark.parametrize("line", ['"$0" "$@" 2>&-', '"$0" "$@" | true', '"$0" "$@" >&-'])
def test_closed_streams_change_no_exit_code(line, tmp_path):
    """A command whose lines nobody can read does its work and exits with 0."""
    result = shell(line, "sample", "--digit", 3, cwd=tmp_path)
    assert result.returncode == 0
    assert "Traceback" not in result.stderr
    assert (tmp_path / "samples.png").exists()


@pytest.mark.slow
@pytest.mark.parametrize("line", ['"$0" "$@" 2>&-', '"$0" "$@" >&- 2>&-'])
def test_an_evaluation_needs_nobody_to_read(line, tmp_path, own_digits):
    """Without stderr, the table is what it is with it; without both streams, it ends with 0."""
    result = shell(line, "evaluate", "--samples", 1000, "--data", own_digits, cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("the bundled generator: 1,000 samples") or ">&- 2" in line


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_output_that_cannot_be_written_is_a_sentence(tmp_path):
    """A full disk under stdout exits with 2 and says so."""
    result = shell('"$0" "$@" >/dev/full', "recipes", cwd=tmp_path)
    assert (result.returncode, result.stderr.count("\n")) == (2, 1)
    assert "No space left on device" in result.stderr


@pytest.mark.slow
@pytest.mark.skipif(
    os.name == "nt" or os.geteuid() != 0 or not shutil.which("setpriv"),
    reason="only root can become a user that does not exist",
)
def test_a_user_without_a_home_can_train(tmp_path):
    """HOME is not set and the user is in no list, as in a container with any user."""
    tmp_path.chmod(0o777)
    below = len(tmp_path.relative_to(tempfile.gettempdir()).parts)
    for folder in list(tmp_path.parents)[: below - 1]:
        folder.chmod(0o755)
    reads = ("--inh-caps", "+dac_read_search", "--ambient-caps", "+dac_read_search")
    who = ("--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups")
    variables = environment(TMPDIR=str(tmp_path))
    result = subprocess.run(  # noqa: S603 - our own command
        ["setpriv", *who, *reads, COMMAND, *ONE_EPOCH, "--data", "digits", "--quiet"],  # noqa: S607
        cwd=tmp_path,
        env={key: value for key, value in variables.items() if key not in {"HOME", "KERAS_HOME"}},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stdout) == (0, "outputs/0001-smoke\n"), result.stderr
    assert result.stderr == ""


@pytest.mark.slow
def test_a_killed_training_leaves_no_temporary_file(tmp_path, own_digits, monkeypatch):
    """TensorFlow keeps the code that it generates in files, which SIGKILL does not leave behind."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    command = ("train", *TINY, "--data", own_digits, "--epochs", 5000)
    with start(*command, cwd=tmp_path) as process:
        for line in process.stderr:
            if line.startswith("epoch 1/"):
                break
        process.kill()
    assert [path.name for path in tmp_path.iterdir()] == ["outputs"]


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal")
@pytest.mark.parametrize("seconds", [0.5, 2.0])
def test_sigterm_while_a_training_starts_ends_in_order(seconds, tmp_path, own_digits, monkeypatch):
    """The exit code is 143, nothing is said that looks like a crash, no temporary file is left."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with start(*ONE_EPOCH, "--data", own_digits, cwd=tmp_path) as process:
        assert process.stderr.readline() == "loading Keras ...\n"
        time.sleep(seconds)
        process.send_signal(signal.SIGTERM)
        rest = process.stderr.read()
    assert process.returncode == 143
    assert "Traceback" not in rest
    assert {path.name for path in tmp_path.iterdir()} <= {"outputs"}


@pytest.mark.skipif(os.name == "nt", reason="Windows ends a process in another way")
def test_ctrl_c_while_a_command_tidies_up_ends_it_without_a_traceback(tmp_path):
    """As from an impatient second Ctrl-C, which would interrupt Python's own last functions."""
    late = "atexit.register(lambda: os.kill(os.getpid(), signal.SIGINT))"
    code = f"import atexit, os, signal; from mnist_gan.cli import main; {late}; main()"
    ended = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code, "runs"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == -signal.SIGINT
    assert "Traceback" not in ended.stderr
