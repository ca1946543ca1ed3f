"""A short run of the harness, which itself must see what is lost."""

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from signal import SIGINT, SIGKILL, SIGTERM

import numpy as np
import pytest

from tests.conftest import environment
from tests.faults import fuzz
from tests.faults.__main__ import PHASES
from tests.faults.command import Ended, complaint, forked
from tests.faults.comparison import difference
from tests.faults.kills import broken
from tests.faults.report import Failure, Report

ROOT = Path(__file__).parents[2]


@pytest.mark.faults
def test_nothing_is_lost():
    """A minute with a new seed, in a process without a backend, breaks no promise."""
    ended = subprocess.run(
        [sys.executable, "-m", "tests.faults", "--minutes", "1"],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=30 * 60,  # for the template, and for the last trial of each phase
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    lines = [line.split() for line in ended.stdout.splitlines()]
    assert ["phase", "tried", "survived", "lost"] in lines
    table = {line[0]: line[1:] for line in lines if line and line[0] in PHASES and len(line) == 4}
    assert table.keys() == set(PHASES)
    assert all(int(tried) > 0 and lost == "0" for tried, _, lost in table.values())
    assert re.search(r"seed \d+: 0 promises broken", ended.stdout)


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


SAYS = "loading Keras ...\n"
SAVED = f"{SAYS}Stopped in epoch 1 of 6, nothing is lost; resume with: mnist-gan train --resume 1\n"


@pytest.mark.parametrize(
    ("numbers", "code", "said", "is_fine"),
    [
        ([SIGTERM], 143, SAVED, True),
        ([SIGTERM], -SIGTERM, "", True),  # while Python starts
        ([SIGTERM], -SIGTERM, SAYS, False),  # the exit code 143 is lost
        ([SIGTERM], -SIGTERM, SAVED, False),
        ([SIGTERM, SIGTERM], -SIGTERM, SAVED, True),  # the second, after all was saved
        ([SIGINT], -SIGINT, "Traceback (most recent call last):\nKeyboardInterrupt\n", True),
        ([SIGINT], -SIGINT, SAYS, False),
        ([SIGINT], 130, f"{SAYS}Traceback (most recent call last):\nValueError\n", False),
        ([SIGKILL], -SIGKILL, SAYS, True),
        ([SIGKILL], -SIGTERM, SAYS, False),
        ([SIGTERM], 2, f"{SAYS}mnist-gan: no.\n", False),
    ],
)
def test_a_lost_exit_code_is_seen(numbers, code, said, is_fine, tmp_path):
    """A signal ends a command without its handler only before anything is said, or at the end."""
    assert (broken(numbers, Ended(code, "", said, 1.0), tmp_path) == "") == is_fine


def test_a_difference_of_runs_is_seen(tmp_path):
    """But for a file that was damaged, and that no training writes again."""
    for name in ("one", "other"):
        _make_run(tmp_path / name)
    run, straight = tmp_path / "one", tmp_path / "other"
    grid, history = run / "images" / "epoch-0001.png", run / "history.csv"
    assert difference(run, straight, run / "page.html") == ""
    grid.write_bytes(b"damaged")
    assert "epoch-0001.png" in difference(run, straight, history)
    assert difference(run, straight, grid) == ""
    history.write_text("epoch,step,seconds\n1,2,3\n")
    assert "history" in difference(run, straight, history)


def _make_run(run: Path) -> None:
    """Make a run with the files that are compared."""
    for folder in ("images", "cells", "checkpoints"):
        (run / folder).mkdir(parents=True)
    for name in ("images/epoch-0001.png", "cells/epoch-0001.json"):
        (run / name).write_bytes(b"content")
    (run / "history.csv").write_text("epoch,step,seconds\n1,1,1\n")
    np.savez(run / "checkpoints" / "step-1.npz", weights=np.zeros(3))
    for name in ("generator.keras", "discriminator.keras"):
        with zipfile.ZipFile(run / name, "w") as archive:
            archive.writestr("model.weights.h5", b"weights")


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
