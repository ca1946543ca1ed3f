"""Names that are odd: no UTF-8, or with characters that would forge lines or control a terminal."""

import os
import shutil
import sys

import pytest

from mnist_gan.commands.evaluate import _print_one, _print_several
from mnist_gan.evaluation.evaluate import Evaluated
from mnist_gan.runs import Evaluation, now
from tests.conftest import TINY, mnist_gan, refusal

FORGED = "x\nmnist-gan: all is well."
NOT_UTF_8 = os.fsdecode(b"\xff")
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")


@pytest.mark.parametrize(
    "command",
    [
        ("sample", f"{FORGED}.keras"),
        ("sample", "--output", f"{FORGED}/x.png"),
        ("evaluate", FORGED),
        ("invert", f"{FORGED}.png"),
        ("train", "--set", f"{FORGED}=1"),
        ("train", "--set", f"training.objective='{FORGED}'"),
        ("train", "--config", FORGED),
        ("train", "--data", FORGED),
        ("train", "--resume", FORGED),
        ("train", FORGED),
        ("runs", FORGED),
        ("runs", "--outputs", FORGED, "--delete", FORGED, "--yes"),
        (FORGED,),
        ("settings", FORGED),
        ("export", "--format", FORGED, "--output", "x"),
    ],
    ids=lambda command: " ".join(command).partition("x\n")[0],
)
def test_no_name_forges_a_line(command, tmp_path):
    """A mistake is answered in one line, whatever it quotes."""
    assert refusal(*command, cwd=tmp_path).startswith("mnist-gan: ")


@on_linux
def test_mnist_may_lie_anywhere(tmp_path, own_digits):
    """Where MNIST_GAN_DATA names a file whose name is no UTF-8, the run records it escaped."""
    name = f"{NOT_UTF_8}.npz"
    shutil.copy(own_digits, tmp_path / name)
    command = ("train", *TINY, "--data", "auto", "--epochs", 1)
    result = mnist_gan(*command, cwd=tmp_path, MNIST_GAN_DATA=name)
    assert (result.returncode, result.stdout) == (0, "outputs/0001-smoke\n"), result.stderr
    record = (tmp_path / "outputs" / "0001-smoke" / "run.json").read_text("utf-8")
    assert r"\\udcff.npz" in record


@on_linux
def test_a_config_takes_no_path_that_it_could_not_keep(tmp_path, own_digits):
    """Images in a folder whose name is no UTF-8 are refused in a sentence."""
    folder = tmp_path / NOT_UTF_8
    folder.mkdir()
    shutil.copy(own_digits, folder / "own.npz")
    sentence = refusal("train", *TINY, "--data", "own.npz", cwd=folder)
    assert "a path should be UTF-8; rename the file or its folder" in sentence


def test_an_evaluation_shows_odd_names_escaped(capsys):
    """Names of files and of data control no terminal."""
    odd = "d\udcff\x1b[2J"
    about = {"generator": odd, "epoch": None, "samples": 1000, "against": odd, "summary": odd}
    values = {"values": {}, "real": {}, "places": {}}
    found = Evaluated(Evaluation(**about, **values, version="", made=now()), [odd])
    _print_one(odd, found)
    _print_several([odd, odd], [found, found])
    shown = capsys.readouterr().out
    assert shown.startswith(r"d\udcff\x1b[2J: 1,000 samples against d\udcff\x1b[2J")
    assert shown.count(r"d\udcff\x1b[2J") == 8
    assert "\x1b" not in shown


@on_linux
def test_the_plan_of_a_sweep_shows_odd_names_escaped(tmp_path, own_digits):
    """What would be trained is shown with values that a person gave."""
    name = "own\x1b[2J.npz"
    shutil.copy(own_digits, tmp_path / name)
    sources = 'data.source=digits,"own\\x1b[2J.npz"'
    result = mnist_gan("sweep", *TINY, "--seeds", "0", "--set", sources, "--dry-run", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert r"own\x1b[2J.npz" in result.stdout
    assert "\x1b" not in result.stdout
