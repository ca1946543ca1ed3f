"""Atomic writes."""

import os
import pickle
import subprocess
import sys
import threading

import pytest

from mnist_gan.support import files
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


def test_the_temporary_file_has_the_same_name_in_a_folder_of_its_own(tmp_path):
    """The folder is beside the real file."""
    with whole_file(tmp_path / "model.keras") as temporary:
        assert temporary.name == "model.keras"
        assert temporary.parent.parent == tmp_path
        assert temporary.parent.name.startswith(PART)
        temporary.touch()


def test_threads_that_write_one_file_do_not_meet(tmp_path):
    """Each writes a whole file; the last one stays."""
    path, together = tmp_path / "index.html", threading.Barrier(4, timeout=60)
    failures = []

    def write(letter):
        try:
            with whole_file(path) as temporary:
                together.wait()  # all are writing
                temporary.write_text(letter * 10_000)
                together.wait()
        except (OSError, threading.BrokenBarrierError) as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(letter,)) for letter in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert path.read_text() in {letter * 10_000 for letter in "abcd"}
    assert os.listdir(tmp_path) == ["index.html"]


@pytest.mark.skipif(os.name == "nt", reason="Windows needs a right to make links")
def test_a_link_where_earlier_versions_wrote_is_not_followed(old_file):
    """A folder that somebody else made cannot make us write outside of it."""
    folder = old_file.parent / "received"
    folder.mkdir()
    (folder / f"{PART}{os.getpid()}-page.html").symlink_to(old_file)
    write_text(folder / "page.html", "text")
    assert (folder / "page.html").read_text() == "text"
    assert old_file.read_bytes() == OLD


@pytest.mark.skipif(os.name == "nt", reason="Windows has no umask")
def test_what_is_written_has_the_permissions_of_the_umask(tmp_path):
    """Files and folders, as if they had been written in their places."""
    before = os.umask(0o027)
    try:
        write_text(tmp_path / "file", "text")
        with whole_folder(tmp_path / "folder"):
            pass
    finally:
        os.umask(before)
    modes = [(tmp_path / name).stat().st_mode & 0o777 for name in ("file", "folder")]
    assert modes == [0o640, 0o750]


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


@pytest.fixture
def gone():
    """Return the number of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot ask whether a process runs")
def test_what_killed_processes_left_is_removed(old_file, gone):
    """Temporary folders of processes that are gone go, those of a process that runs stay.

    So do those of another host, and any name that is not of the form. Files of earlier versions are
    treated alike.
    """
    folder, host = old_file.parent, files._host()
    left = [f"{gone}_{host}_01234567", f"{gone}-index.html", f"{gone}-hub"]
    kept = [
        *(f"{os.getpid()}_{host}_01234567", f"{gone}_{'0' * 8}_01234567"),
        *(f"{os.getpid()}-index.html", f"{10**30}-z", "", "x-y", f"{gone}_x_y", f"{gone}"),
    ]
    for name in (*left, *kept):
        path = folder / f"{PART}{name}"
        path.touch() if name.endswith("html") else (path / "below").mkdir(parents=True)
    remove_left_parts(folder)
    assert {*folder.iterdir()} == {old_file, *(folder / f"{PART}{name}" for name in kept)}


@pytest.mark.skipif(os.name == "nt", reason="Windows needs a right to make links")
def test_what_a_left_link_leads_to_stays(old_file, gone):
    """The link itself is removed, and so is one below a temporary folder."""
    folder = old_file.parent / "received"
    part = folder / f"{PART}{gone}_{files._host()}_01234567"
    part.mkdir(parents=True)
    for link in (part / "link", folder / f"{PART}{gone}-a", folder / f"{PART}{gone}-b"):
        link.symlink_to(old_file if link.name.endswith("a") else old_file.parent)
    remove_left_parts(folder)
    assert os.listdir(folder) == []
    assert old_file.read_bytes() == OLD


def test_what_another_host_left_is_removed_after_a_day(tmp_path):
    """Whether its process runs cannot be asked."""
    part = tmp_path / f"{PART}{os.getpid()}_{'0' * 8}_01234567"
    part.mkdir()
    remove_left_parts(tmp_path)
    assert part.exists()
    yesterday = part.stat().st_mtime - files.DAY - 60
    os.utime(part, (yesterday, yesterday))
    remove_left_parts(tmp_path)
    assert not part.exists()
