"""The border for untrusted files: regular files only, one sentence for whatever goes wrong."""

import errno
import os
import socket
import time
from pathlib import Path

import numpy as np
import pytest

from mnist_gan.data.formats.reader import read_images
from mnist_gan.data.images import write_png
from mnist_gan.runs import GRID, DataRecord, RunFolder
from mnist_gan.sampling.rows import inputs_of_file
from mnist_gan.sampling.sampler import open_generator
from mnist_gan.support.assets import asset
from mnist_gan.support.errors import UserError
from mnist_gan.support.files import write_text
from mnist_gan.support.reading import is_inside, open_file, read_bytes, reading
from mnist_gan.support.text import LONGEST, LONGEST_WORD
from tests.runs.test_runs import make_run

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")


@pytest.mark.parametrize(
    "error",
    [
        *(ValueError("x" * 200_000), KeyError("a"), RecursionError(), StopIteration()),
        *(
            OverflowError(),
            RuntimeError("encrypted"),
            OSError("no number"),
            ExceptionGroup("", [OSError()]),
        ),
    ],
    ids=lambda error: type(error).__name__,
)
def test_whatever_reading_raises_is_one_sentence(error):
    """It names the file, escaped and short, and what it should be."""
    with (
        pytest.raises(UserError, match=r"^a\\x1bb is damaged or no PNG\.$"),
        reading("a\x1bb", "PNG"),
    ):
        raise error


def test_what_the_system_and_the_person_did_is_said():
    """A reason of the system is named, too little memory too; a sentence passes unchanged."""
    with (
        pytest.raises(UserError, match=r"^f cannot be read: Permission denied\.$"),
        reading("f", ""),
    ):
        raise PermissionError(errno.EACCES, "", "f")
    with pytest.raises(UserError, match="f does not fit into the memory"), reading("f", ""):
        raise MemoryError
    with pytest.raises(UserError, match=r"^mine$"), reading("f", ""):
        raise UserError("mine")
    with pytest.raises(KeyboardInterrupt), reading("f", ""):
        raise KeyboardInterrupt


def strange(kind: str, path: Path) -> Path:
    """Make something that is no regular file."""
    path.unlink(missing_ok=True)
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "socket":
        here = os.getcwd()
        os.chdir(path.parent)  # since the path of a socket is short
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
        os.chdir(here)
    else:
        path.symlink_to({"device": "/dev/zero", "terminal": "/dev/ptmx", "loop": path.name}[kind])
    return path


KINDS = ["pipe", "folder", "socket", "device", "terminal", "loop"]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_regular_file_is_refused_at_once(tmp_path, kind):
    """Nothing waits for a pipe's writer, and no device is read."""
    path = strange(kind, tmp_path / "x")
    with pytest.raises(UserError, match=r"no regular file|cannot be read"), reading(path, "file"):
        open_file(path)


def test_a_file_is_not_read_beyond_its_limit(tmp_path):
    """A larger one is refused, of its size or because it grows."""
    (tmp_path / "x").write_bytes(b"12345")
    assert read_bytes(tmp_path / "x", 5) == b"12345"
    with pytest.raises(UserError, match="is larger than 4 bytes"):
        read_bytes(tmp_path / "x", 4)


READERS = {
    **{f"images{end}": read_images for end in (".npz", ".npy", ".csv", ".mat", "-idx3-ubyte")},
    "a.keras": open_generator,
    "latents.npy": lambda path: inputs_of_file(open_generator(asset("generator.keras")), path, 1),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", READERS)
def test_no_reader_waits(tmp_path, name, kind):
    """Each refuses what is no regular file in one short sentence, at once."""
    began = time.monotonic()
    with pytest.raises(UserError) as caught:
        READERS[name](strange(kind, tmp_path / name))
    assert len(str(caught.value)) <= 300
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("kind", KINDS)
def test_no_file_of_a_run_makes_a_reader_wait(outputs, kind):
    """Records are refused, what a page can do without is left out."""
    from mnist_gan.pages.index_page import index_page
    from mnist_gan.pages.run_page import run_page

    run = make_run(outputs)
    make_run(outputs, "other")
    run.write_grid(1, np.zeros((100, 784)))
    names = ("history.csv", "config.yaml", "evaluation.json", "generator.keras", GRID.format(1))
    for name in names:
        strange(kind, run.folder / name)
    assert "0001-a" in run_page(run)
    (run.folder / "checkpoints").mkdir()
    strange(kind, run.folder / "checkpoints" / "step-000000001.npz")
    with pytest.raises(UserError, match="checkpoints are damaged"):
        run.checkpoints.newest()
    strange(kind, run.folder / "run.json")
    with pytest.raises(UserError):
        run.manifest()
    page, notes = index_page(outputs)
    assert "0002-other" in page
    assert len(notes) == 1


def test_a_loop_of_links_is_inside_of_nothing(tmp_path):
    """It raises no error of its own."""
    assert not is_inside(strange("loop", tmp_path / "x"), tmp_path)
    assert is_inside(tmp_path / "missing", tmp_path)
    assert not is_inside(tmp_path / "..", tmp_path)


def test_names_that_are_no_utf_8_are_shown_escaped(outputs):
    """In sentences, in a page and in its addresses."""
    from mnist_gan.pages.index_page import write_index

    run = make_run(outputs)
    folder = Path(os.fsdecode(os.fsencode(outputs) + b"/0002-\xff"))
    run.folder.rename(folder)
    assert RunFolder(folder).manifest().seed == 0
    write_index(outputs)
    page = (outputs / "index.html").read_text("utf-8")
    assert "0002-\\udcff" in page
    assert "0002-%FF/page.html" in page
    write_text(outputs / "x.txt", "\udcff")
    assert (outputs / "x.txt").read_bytes() == b"\\udcff"


def test_records_hold_names_that_are_no_utf_8_escaped(outputs):
    """What UTF-8 lacks is escaped where the record is made, so that it can be kept and read."""
    run = make_run(outputs, data=DataRecord(source="d\udcff/é.npz", count=1, sha256="0"))
    assert run.manifest().data.source == r"d\udcff/é.npz"


def test_a_sentence_quotes_only_so_much():
    """Each word and the whole of it; what cannot be printed is escaped."""
    assert str(UserError(f"There is no {'x' * 149_000}\x1b.")).count("x") <= LONGEST_WORD
    assert len(str(UserError("a " * 149_000))) <= LONGEST + 3
    forged = "x\nmnist-gan: all is well."
    assert str(UserError(f"There is no {forged}")) == r"There is no x\nmnist-gan: all is well."
    assert (
        str(UserError("Write:", f"a({forged})\x07"))
        == "Write:\na(x\\nmnist-gan: all is well.)\\x07"
    )


def test_a_damaged_picture_in_a_folder_is_left_out(tmp_path):
    """A pipe beside pictures is skipped and named."""
    write_png(tmp_path / "a.png", np.zeros((28, 28), np.uint8))
    strange("pipe", tmp_path / "b.png")
    assert "b.png skipped, neither a file nor a folder" in read_images(tmp_path).notes
