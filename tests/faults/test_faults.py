"""A short run of the harness, which itself must see what is lost."""

import os
from pathlib import Path

import pytest

from tests.faults import fuzz
from tests.faults.__main__ import main
from tests.faults.command import Ended, complaint, forked
from tests.faults.report import Failure, Report


@pytest.mark.faults
def test_nothing_is_lost(monkeypatch):
    """A short run with a new seed breaks no promise."""
    monkeypatch.setattr("sys.argv", ["faults", "--minutes", "5"])
    assert main() == 0


COMPLAINTS = {
    "a traceback": Ended(1, "", "Traceback (most recent call last):\nValueError: 3\n", 1.0),
    "ended by SIGKILL": Ended(-9, "", "", 60.0),
    "exit code 3": Ended(3, "", "mnist-gan: no.\n", 1.0),
    "without a sentence": Ended(2, "", "ValueError: 3\n", 1.0),
    "a sentence of 301": Ended(2, "", f"mnist-gan: {'x' * 301}\n", 1.0),
    "without a word": Ended(1, "", "", 1.0),
}


@pytest.mark.parametrize("what", COMPLAINTS)
def test_a_broken_promise_is_seen(what):
    """Tracebacks, signals, silence and long sentences are failures; a short sentence is none."""
    assert what in complaint(COMPLAINTS[what])
    assert complaint(Ended(2, "", f"loading\nmnist-gan: {'x' * 300}\n", 1.0)) == ""
    assert complaint(Ended(0, "", "", 1.0)) == ""


def test_a_fork_has_limits_and_an_exit_code(tmp_path):
    """A function that takes too much memory or raises ends with code 1 and says why."""
    ended = forked(lambda: bytearray(2**33), tmp_path)
    assert (ended.code, ended.stderr.splitlines()[-1]) == (1, "MemoryError")
    assert forked(lambda: os.write(1, b"x"), tmp_path)[:3] == (0, "x", "")


def test_a_failure_says_how_it_is_repeated(capsys):
    """Each is printed with its phase and seed, and counted."""
    report = Report()
    report.add("files", [])
    report.add("files", [Failure("files", 7, "mnist-gan runs", "a traceback")])
    assert "--only files --trials 1 --seed 7" in capsys.readouterr().out
    assert report.table().splitlines()[1].split() == ["files", "2", "1", "1"]


def test_a_reader_that_fails_is_caught(tmp_path: Path):
    """What a reader raises besides UserError is a failure with its place, and so is a long text."""
    (tmp_path / "x").touch()
    assert "ZeroDivisionError" in fuzz.reason_of(lambda path: 1 / 0, tmp_path / "x")
    assert fuzz.reason_of(lambda path: None, tmp_path / "x") == ""
