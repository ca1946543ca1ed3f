"""`mnist-gan browse`: pages brought up to date, opened, given away; films; a person's mistakes."""

import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from mnist_gan.commands import browse as command
from mnist_gan.pages import pictures
from mnist_gan.runs import GRID
from mnist_gan.support import browser as shown
from tests.conftest import mnist_gan
from tests.pages.album import album
from tests.runs.test_runs import make_run


def browse(cwd, *arguments, **changes):
    """Run `mnist-gan browse` and return what came of it, having succeeded."""
    result = mnist_gan("browse", *arguments, cwd=cwd, **changes)
    assert result.returncode == 0, result.stderr
    return result


def test_all_pages_and_the_index_are_brought_up_to_date(tmp_path, outputs):
    """Pages that are missing or older than their run are written, the others left alone."""
    old, current = (album(outputs, epochs=1) for _ in range(2))
    for run in (old, current):
        run.page.write_text("as it was")
    os.utime(old.page, (0, 0))
    result = browse(tmp_path, "--no-open")
    assert result.stdout == "outputs/index.html\n"
    assert result.stderr == ""
    assert "0002-album" in (outputs / "index.html").read_text()
    assert current.page.read_text() == "as it was"
    assert old.page.read_text().startswith("<!doctype html>")


def test_one_run_is_written_anew_with_the_index_it_links_to(tmp_path, outputs):
    """The path on stdout is that of the page."""
    run = album(outputs, epochs=1)
    run.page.write_text("as it was")
    assert browse(tmp_path, "album", "--no-open").stdout == "outputs/0001-album/page.html\n"
    assert run.page.read_text().startswith("<!doctype html>")
    assert 'href="../index.html"' in run.page.read_text()
    assert (outputs / "index.html").is_file()


def test_without_a_display_the_path_is_all(tmp_path, outputs):
    """It says why nothing opens, prints the path, and that is no mistake."""
    album(outputs, epochs=1)
    result = browse(tmp_path, 1, DISPLAY="", WAYLAND_DISPLAY="")
    assert result.stdout == "outputs/0001-album/page.html\n"
    assert "no display" in result.stderr


@pytest.mark.parametrize("is_found", [True, False])
def test_with_a_display_the_page_is_opened(outputs, monkeypatch, capsys, is_found):
    """The browser gets the address of the file; where there is no browser, that is said."""
    opened = []
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(shown.webbrowser, "open", lambda it: opened.append(it) or is_found)
    run = album(outputs, epochs=1)
    assert command.browse.callback("1", outputs, None, False, False, False) == 0
    assert opened == [run.page.resolve().as_uri()]
    assert ("No browser" in capsys.readouterr().err) is not is_found


def test_neither_tensorflow_nor_matplotlib_is_loaded(tmp_path, outputs):
    """A person who only wants to look does not wait for them."""
    album(outputs, epochs=1)
    code = (
        "import sys; sys.argv = ['mnist-gan', 'browse', '--no-open']\n"
        "from mnist_gan.cli import main\n"
        "try: main()\n"
        "finally: print(*sys.modules, sep='\\n', file=sys.stderr)"
    )
    command = [sys.executable, "-c", code]
    loaded = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)  # noqa: S603
    modules = loaded.stderr.splitlines()
    assert "mnist_gan.pages.run_page" in modules
    assert not {"tensorflow", "keras", "matplotlib"} & set(modules)


def test_without_runs_it_says_how_to_make_one(tmp_path, outputs):
    """Where there is no folder none is made; an empty one gets an index that says the same."""
    assert "no runs in outputs yet" in browse(tmp_path, "--no-open").stderr
    assert not outputs.exists()
    outputs.mkdir()
    browse(tmp_path, "--no-open")
    assert "There are no runs yet" in (outputs / "index.html").read_text()


def test_a_run_that_cannot_be_read_does_not_hide_the_others(tmp_path, outputs):
    """It is named, and the rest is shown."""
    damaged = album(outputs, epochs=1)
    album(outputs, epochs=1)
    (damaged.folder / "run.json").write_text("{")
    result = browse(tmp_path, "--no-open")
    assert (
        result.stderr == "Left out: outputs/0001-album/run.json is damaged or no record of a run.\n"
    )
    assert "0002-album" in (outputs / "index.html").read_text()


def test_a_shared_page_stands_alone(tmp_path, outputs):
    """One file, without a link to an index that its reader does not have."""
    album(outputs, epochs=1)
    newest = album(outputs, epochs=2)
    assert browse(tmp_path, "--output", "mine.html").stdout == "mine.html\n"
    page = (tmp_path / "mine.html").read_text()
    assert "<h1>0002-album</h1>" in page
    assert "index.html" not in page
    assert not newest.page.exists()


@pytest.mark.parametrize("name", ["film.gif", "film.webp"])
def test_a_film_shows_one_grid_after_another(tmp_path, outputs, name):
    """As many frames as grids, each as it was drawn, the last one longest."""
    run = album(outputs, epochs=3)
    assert browse(tmp_path, "--film", 1, "--output", name).stdout == f"{name}\n"
    with Image.open(tmp_path / name) as film, Image.open(run.folder / GRID.format(2)) as grid:
        assert film.n_frames == 3
        film.seek(1)
        apart = np.asarray(film.convert("L"))[:604].astype(int) - np.asarray(grid)
        assert np.abs(apart).max() <= (0 if name.endswith("webp") else 1)
        first = film.info["duration"]
        film.seek(2)
        film.load()
        assert film.info["duration"] > 3 * first


def test_a_film_without_a_name_lies_with_its_run(tmp_path, outputs):
    """The newest run's, as film.gif in its folder."""
    album(outputs, epochs=2)
    assert browse(tmp_path, "--film").stdout == "outputs/0001-album/film.gif\n"
    assert (outputs / "0001-album" / "film.gif").read_bytes()[:3] == b"GIF"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["7"], "There is no run '7' in outputs; the newest there are 0001-album, 0002-empty"),
        (["--output", "page.pdf"], "page.pdf should end in .html."),
        (["--output", "page.gif"], "page.gif would be a film; add --film"),
        (["1", "--output", "outputs/0002-empty/page.html"], "is the page of that run"),
        (["link"], "is a link to"),
        (["--output", "nowhere/page.html"], "there is no folder nowhere"),
        (["--film", "1", "--output", "film.mp4"], "should end in .gif or .webp"),
        (["--film", "empty"], "0002-empty has no grids to make a film of"),
        (["--output", "folder.html"], "folder.html is a folder"),
        (["2", "--outputs", "nowhere"], "There is no run '2' in nowhere; there are none yet"),
        (["--film", "--outputs", "nowhere"], "There are no runs in nowhere yet"),
        (["broken"], "run.json is damaged or no record of a run"),
    ],
)
def test_mistakes_are_told_in_a_sentence(tmp_path, outputs, arguments, told):
    """Exit code 2, one line, nothing written."""
    album(outputs, epochs=1)
    make_run(outputs, "empty")
    make_run(outputs, "broken").folder.joinpath("run.json").write_text("[]")
    if told.startswith("There is no run '7'"):
        told += ", 0003-broken, 0009-link"
    (outputs / "0009-link").symlink_to(album(tmp_path / "elsewhere-too", epochs=1).folder)
    (tmp_path / "folder.html").mkdir()
    before = sorted(tmp_path.rglob("*"))
    result = mnist_gan("browse", *arguments, "--no-open", cwd=tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    assert told in result.stderr
    assert result.stderr.count("\n") == 1
    assert sorted(tmp_path.rglob("*")) == before


def test_an_index_of_many_runs_opens_one_grid_of_each(tmp_path, outputs, monkeypatch):
    """Of runs whose pages are current it reads the last grid alone and writes no page."""
    runs, opened, read = [album(outputs, epochs=2) for _ in range(5)], [], pictures._read
    for run in runs:
        run.page.write_text("as it was")
    monkeypatch.setattr(pictures, "_read", lambda *given: opened.append(given[1]) or read(*given))
    browse(tmp_path, "--no-open")
    assert opened == [GRID.format(2)] * 5
    assert {run.page.read_text() for run in runs} == {"as it was"}
