"""Where outputs may be written."""

import os
from pathlib import Path

import pytest

from mnist_gan.support.errors import UserError
from mnist_gan.support.paths import check_output


@pytest.mark.parametrize("name", ["a.png", "A.PNG", "a.Npy", "full.png", "new", "folder"])
def test_an_output_that_fits_is_accepted(name, tmp_path):
    """The ending may have any case; a file is replaced, and a folder may exist."""
    (tmp_path / "full.png").write_text("old")
    (tmp_path / "folder").mkdir()
    check_output(tmp_path / name, ".png", ".npy", "")


@pytest.mark.parametrize(
    ("name", "suffixes", "sentence"),
    [
        ("a.jpg", [".png"], "a.jpg should end in .png."),
        ("a", [".html", ".csv"], "a should end in .html or .csv."),
        ("a.jpg", [""], "a.jpg should be a folder, whose name has no ending."),
        ("a.x", [".a", ""], "a.x should end in .a, or be a folder, whose name has no ending."),
        ("no/a.png", [".png"], "no/a.png cannot be written: there is no folder no; create it."),
        ("folder.png", [".png"], "folder.png is a folder; choose another name."),
        ("file", [""], "file is a file; choose another name."),
    ],
)
def test_an_output_that_does_not_fit_is_refused(name, suffixes, sentence, tmp_path, monkeypatch):
    """One sentence says what is wrong and what is allowed."""
    monkeypatch.chdir(tmp_path)
    Path("folder.png").mkdir()
    Path("file").touch()
    with pytest.raises(UserError) as caught:
        check_output(Path(name), *suffixes)
    assert str(caught.value) == sentence


def test_a_folder_that_cannot_be_written_is_refused(tmp_path, monkeypatch):
    """Before the work for the output begins."""
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(UserError, match="cannot be written: Permission denied; choose another"):
        check_output(tmp_path / "a.png", ".png")
