"""Where real images are looked for."""

import os

import pytest

from mnist_gan.data.downloads import download_fashion, download_mnist
from mnist_gan.data.locations import kind_of_data, say_which_data
from tests.conftest import TINY, mnist_gan


@pytest.mark.slow
def test_a_name_wins_over_a_folder_and_a_line_says_so(tmp_path):
    """Training takes the embedded digits; --quiet says nothing."""
    (tmp_path / "digits").mkdir()
    command = ("train", *TINY, "--data", "digits", "--epochs", 1)
    line = "--data digits is the embedded digits; --data ./digits is the folder here."
    result = mnist_gan(*command, cwd=tmp_path)
    assert result.returncode == 0
    assert line in result.stderr.splitlines()
    assert "embedded digits" in (tmp_path / "outputs" / "0001-smoke" / "run.json").read_text()
    assert mnist_gan(*command, "--quiet", cwd=tmp_path).stderr == ""


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("mnist", "--data mnist is MNIST; --data ./mnist is the file here.\n"),
        ("./mnist", ""),
        ("auto", ""),
        ("digits", ""),
    ],
)
def test_only_a_name_that_is_also_here_needs_a_line(tmp_path, monkeypatch, capsys, source, said):
    """A path needs none, and neither does a name that nothing here has."""
    (tmp_path / "mnist").touch()
    (tmp_path / "auto").mkdir()
    monkeypatch.chdir(tmp_path)
    say_which_data(source)
    assert capsys.readouterr().err == said


@pytest.mark.parametrize(
    ("name", "kind"), [("a.CSV.GZ", "csv"), ("images.GZ", "idx"), ("Train-Images-IDX3", "idx")]
)
def test_the_end_of_a_name_says_the_kind_in_any_case(tmp_path, name, kind):
    """As some systems write it in capitals."""
    (tmp_path / name).touch()
    assert kind_of_data(tmp_path / name) == kind


def test_a_user_without_a_home_is_told_what_to_set(tmp_path, monkeypatch):
    """Nothing is downloaded into a folder that is called ~."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KERAS_HOME", raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # as without HOME and an entry
    for download in (download_mnist, download_fashion):
        with pytest.raises(OSError, match="no home folder; set KERAS_HOME"):
            download()
    assert list(tmp_path.iterdir()) == []
