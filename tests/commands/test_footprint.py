"""What a command touches besides its work: the network, and the permissions of its files."""

import os
import socket
import stat
from pathlib import Path

import pytest

from tests.conftest import TINY, mnist_gan


@pytest.fixture
def connections(monkeypatch) -> list[object]:
    """Return the addresses that are connected to or listened on; each attempt fails."""
    tried = []

    def refuse(address: object, *_: object, **__: object) -> None:
        tried.append(address)
        raise OSError("no network")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    for name in ("connect", "bind", "listen"):
        monkeypatch.setattr(socket.socket, name, lambda _, *address: refuse(address))
    return tried


@pytest.mark.slow
def test_the_main_commands_need_no_network(connections, tmp_path, own_digits):
    """With the embedded digits nothing is connected to; only a named data set is downloaded.

    None of them waits for connections either: pages are files.
    """
    digits = ("--data", "digits", "--digits", "3")
    for command in (
        ("train", *TINY, *digits, "--epochs", "1"),
        ("sample", "--count", "1", "--output", "one"),
        ("evaluate", "--samples", "1000", "--data", own_digits),
        ("export", "--format", "html", "--output", "generator.html"),
        ("invert", "one/00000.png"),
        ("compare", "1"),
        ("sweep", *TINY, *digits, "--seeds", "0", "--dry-run"),
        ("browse", "--no-open"),
        ("lab", "play", "--no-open"),
        ("runs",),
    ):
        result = mnist_gan(*command, cwd=tmp_path)
        assert result.returncode == 0, result.stderr
    assert connections == []
    home = {"KERAS_HOME": str(tmp_path / "keras")}
    result = mnist_gan("train", *TINY, "--data", "mnist", cwd=tmp_path, **home)
    assert result.returncode == 2
    assert len(connections) >= 1


@pytest.mark.skipif(os.name == "nt", reason="Windows has no umask")
def test_files_have_the_permissions_that_the_umask_allows(tmp_path):
    """Group and others get no more and no less than of any program."""
    before = os.umask(0o027)
    try:
        train = ("train", *TINY, "--data", "digits", "--digits", "3", "--epochs", "1")
        for command in (train, ("browse", "--no-open"), ("sample", "--count", "3")):
            assert mnist_gan(*command, cwd=tmp_path).returncode == 0
    finally:
        os.umask(before)
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in made(tmp_path)}
    wrong = {path: oct(mode) for path, mode in modes.items() if mode != wanted(path)}
    assert modes
    assert wrong == {}


def made(folder: Path) -> list[Path]:
    """Return what commands made below a folder, without locks, which hold nothing."""
    return [path for path in folder.rglob("*") if path.name != ".lock"]


def wanted(path: Path) -> int:
    """Return the permissions of a new file or folder with the umask 027."""
    return 0o750 if path.is_dir() else 0o640
