"""Atomic writes."""

import os
import pickle
import subprocess
import sys

import pytest

from mnist_gan.support.files import PART, remove_left_parts, whole_file, whole_folder, write_text

OLD = b"the old bytes\r\n\xff"


@pytest.fixture
def old_file(tmp_path):
    """Return a file that holds something worth keeping."""
    path = tmp_path / "kept.txt"
    path.write_bytes(OLD)
    return path


def write_half(path, error):
    """Begin to write a file and raise an error before the end."""
    with whole_file(path) as temporary:
        temporary.write_bytes(b"half of the ne")
        raise error


@pytest.mark.parametrize("error", [ValueError, OSError, KeyboardInterrupt, SystemExit])
def test_an_interrupted_write_leaves_the_old_file(old_file, error):
    """Whatever ends the block early, the old bytes stay and no part of the new file is left."""
    with pytest.raises(error):
        write_half(old_file, error)
    assert old_file.read_bytes() == OLD
    assert os.listdir(old_file.parent) == ["kept.txt"]


def test_an_interrupted_first_write_leaves_nothing(tmp_path):
    """A file that was never finished never existed."""
    with pytest.raises(KeyboardInterrupt):
        write_half(tmp_path / "new.txt", KeyboardInterrupt)
    assert os.listdir(tmp_path) == []


def test_an_incomplete_write_is_a_full_disk(tmp_path):
    """NumPy's error has no number; ours names the file, even after pickling in a worker."""
    with pytest.raises(OSError, match="No space left on device") as raised:
        write_half(tmp_path / "new.npy", OSError("10000 requested and 496 written"))
    assert pickle.loads(pickle.dumps(raised.value)).filename == str(tmp_path / "new.npy")  # noqa: S301


def test_a_finished_block_replaces_the_file(old_file):
    """The new bytes take the old name when the block ends, not before."""
    with whole_file(old_file) as temporary:
        temporary.write_bytes(b"new")
        assert old_file.read_bytes() == OLD
    assert old_file.read_bytes() == b"new"
    assert os.listdir(old_file.parent) == ["kept.txt"]


def test_the_temporary_name_starts_with_part_and_keeps_the_suffix(tmp_path):
    """The temporary file is beside the real one."""
    with whole_file(tmp_path / "model.keras") as temporary:
        assert temporary.parent == tmp_path
        assert temporary.name.startswith(PART)
        assert temporary.suffix == ".keras"
        temporary.touch()


def test_the_bytes_reach_the_disk_before_they_take_the_name(old_file, monkeypatch):
    """After a power cut the file is complete: it is synced before it is renamed.

    The test checks the order of the two system calls.
    """
    calls, replace, fsync = [], os.replace, os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: (calls.append("fsync"), fsync(file)))
    monkeypatch.setattr(os, "replace", lambda *paths: (calls.append("replace"), replace(*paths)))
    with whole_file(old_file) as temporary:
        temporary.write_bytes(b"new")
    assert calls == ["fsync", "replace"]


def test_a_block_that_writes_nothing_is_an_error(old_file):
    """A block that forgot to write does not wipe the old file."""
    with pytest.raises(FileNotFoundError), whole_file(old_file):
        pass
    assert old_file.read_bytes() == OLD


def test_a_missing_folder_is_an_os_error(tmp_path):
    """A missing folder is not made; the error has the name of the file."""
    path = tmp_path / "missing" / "new.txt"
    with pytest.raises(FileNotFoundError) as caught:
        write_text(path, "text")
    assert caught.value.filename == str(path)
    assert os.listdir(tmp_path) == []


def test_a_file_in_place_of_the_folder_is_an_os_error(old_file):
    """If the folder is a file, nothing can be written below it, and the file stays."""
    with pytest.raises(NotADirectoryError):
        write_text(old_file / "new.txt", "text")
    assert old_file.read_bytes() == OLD


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write all")
def test_a_folder_without_permission_is_an_os_error(old_file):
    """A folder that may not be written raises PermissionError and keeps its files."""
    old_file.parent.chmod(0o500)
    try:
        with pytest.raises(PermissionError):
            write_text(old_file, "text")
    finally:
        old_file.parent.chmod(0o700)
    assert old_file.read_bytes() == OLD


def test_text_is_written_as_utf_8(tmp_path):
    """Text comes out in UTF-8, whatever the machine's own encoding is."""
    write_text(tmp_path / "text", "Fréchet distance ≤ 3\n")
    assert (tmp_path / "text").read_bytes() == b"Fr\xc3\xa9chet distance \xe2\x89\xa4 3\n"


def write_half_a_folder(path, error):
    """Begin to write a folder and raise an error before the end."""
    with whole_folder(path) as temporary:
        (temporary / "half").write_bytes(b"half")
        raise error


@pytest.mark.parametrize("exists", [False, True])
def test_a_finished_folder_takes_its_name(tmp_path, exists):
    """The files are there at once, in a new folder and in place of an empty one."""
    path = tmp_path / "new"
    if exists:
        path.mkdir()
    with whole_folder(path) as temporary:
        (temporary / "below").mkdir()
        (temporary / "below" / "a").write_bytes(b"a")
        assert path.exists() == exists
    assert (path / "below" / "a").read_bytes() == b"a"
    assert os.listdir(tmp_path) == ["new"]


@pytest.mark.parametrize("error", [ValueError, OSError, KeyboardInterrupt])
def test_an_interrupted_folder_leaves_nothing(tmp_path, error):
    """Whatever ends the block early, no folder and no part of it is left."""
    with pytest.raises(error):
        write_half_a_folder(tmp_path / "new", error)
    assert os.listdir(tmp_path) == []


def test_a_folder_that_is_not_empty_stays(old_file):
    """It is never replaced, and the error names it."""
    with pytest.raises(OSError, match="not empty") as caught, whole_folder(old_file.parent):
        pass
    assert caught.value.filename == str(old_file.parent)
    assert old_file.read_bytes() == OLD


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot ask whether a process runs")
def test_what_killed_processes_left_is_removed(old_file):
    """Temporary files of processes that are gone go, those of a process that runs stay."""
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    left = old_file.with_name(f"{PART}{gone.pid}-index.html")
    kept = old_file.with_name(f"{PART}{os.getpid()}-index.html")
    others = [old_file.with_name(f"{PART}{name}") for name in ("", "x-y", f"{10**30}-z")]
    for path in (left, kept, *others):
        path.touch()
    remove_left_parts(old_file.parent)
    assert {*old_file.parent.iterdir()} == {old_file, kept, *others}
