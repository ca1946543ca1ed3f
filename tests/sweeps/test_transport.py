"""The files of a run as bytes: what is sent, what is left out, and what is deleted."""

import os
import time
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from mnist_gan.sweeps.transport import pack, unpack


@pytest.fixture
def run(tmp_path) -> Path:
    """Return a folder like that of a run."""
    folder = tmp_path / "0001-run"
    (folder / "checkpoints").mkdir(parents=True)
    (folder / ".part-9_x").mkdir()
    unpacked = (".lock", ".part-9-x", ".part-9_x/page.html")
    for name in ("run.json", "checkpoints/1.npz", "checkpoints/2.npz", *unpacked):
        (folder / name).write_text(name)
    return folder


def test_what_is_packed_is_unpacked(run, tmp_path):
    """All files but locks and unfinished ones."""
    there = tmp_path / "there"
    unpack(pack(run), there)
    found = {path.relative_to(there).as_posix(): path.read_text() for path in there.rglob("*.*")}
    assert found == {name: name for name in ("run.json", "checkpoints/1.npz", "checkpoints/2.npz")}


def test_only_what_has_changed_is_sent_again(run, tmp_path):
    """Checkpoints that are gone here are deleted there; nothing else is."""
    there = tmp_path / "there"
    unpack(pack(run), there)
    (there / "page.html").write_text("of its own")
    since = time.time() + 10
    (run / "checkpoints" / "1.npz").unlink()
    (run / "checkpoints" / "3.npz").write_text("3")
    later = (since + 5, since + 5)
    os.utime(run / "checkpoints" / "3.npz", later)
    packed = pack(run, since)
    with zipfile.ZipFile(BytesIO(packed)) as archive:
        assert archive.namelist() == ["checkpoints/3.npz", "files.txt"]
    unpack(packed, there)
    names = {path.name for path in there.rglob("*.*")}
    assert names == {"run.json", "2.npz", "3.npz", "page.html"}


def test_nothing_is_written_outside(tmp_path):
    """A name that leads out of the run is refused."""
    data = BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("../escaped", "x")
        archive.writestr("files.txt", "../escaped")
    with pytest.raises(ValueError, match="leads out of the run"):
        unpack(data.getvalue(), tmp_path / "run")
    assert not (tmp_path / "escaped").exists()
