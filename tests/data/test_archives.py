"""Archives whose headers lie: no reader unpacks more than it may keep."""

import tracemalloc
import zipfile
from pathlib import Path

import pytest

from mnist_gan.data.formats.reader import read_images
from mnist_gan.runs.checkpoints import Checkpoints
from mnist_gan.sampling.keras_archive import MEMBERS, read_generator
from mnist_gan.support.errors import UserError
from tests.data.test_formats import declaring

SIZE = 10_000_000  # bytes to which the first member unpacks, and says that they are 1000
LITTLE = 3_000_000  # bytes of memory


def lying(path: Path, names: list[str], method: int) -> Path:
    """Write an archive whose members are zeros behind an array's header; the first one lies."""
    path.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(path, "w", method) as archive:
        for place, name in enumerate(names):
            head = declaring(f"({SIZE},)") if name.endswith(".npy") else b""
            archive.writestr(name, head + bytes(1000 if place else SIZE))
    content = bytearray(path.read_bytes())
    entry = content.index(b"PK\1\2")
    content[entry + 24 : entry + 28] = (1000).to_bytes(4, "little")
    path.write_bytes(content)
    return path


def newest(path: Path) -> None:
    """Read the checkpoints of a folder."""
    Checkpoints(path.parent).newest()


READERS = {
    "a.npz": (read_images, ["x_train.npy"]),
    "a.zip": (read_images, ["a.csv"]),
    "a.keras": (read_generator, ["config.json", *sorted(MEMBERS - {"config.json"})]),
    "b.keras": (read_generator, ["model.weights.h5", *sorted(MEMBERS - {"model.weights.h5"})]),
    "checkpoints/step-000000001.npz": (newest, ["w/0.npy", "rest.npy"]),
}
METHODS = (zipfile.ZIP_BZIP2, zipfile.ZIP_DEFLATED)


def refusal(read, path: Path) -> str:
    """Return the sentence with which a file is refused, in little memory."""
    tracemalloc.start()
    try:
        with pytest.raises(UserError) as caught:
            read(path)
        assert tracemalloc.get_traced_memory()[1] < LITTLE
    finally:
        tracemalloc.stop()
    return str(caught.value)


@pytest.mark.parametrize("name", READERS)
def test_what_unpacks_to_more_than_it_declares_takes_no_memory(tmp_path, capsys, name):
    """Neither by a method that unpacks all at once, nor by Deflate."""
    read, members = READERS[name]
    for method in METHODS:
        told = refusal(read, lying(tmp_path / name, members, method)) + capsys.readouterr().err
        is_usual = read is newest or method == zipfile.ZIP_DEFLATED
        assert ("damaged" if is_usual else "packed by a method that is not read") in told


def test_an_endless_header_takes_no_memory(tmp_path):
    """NumPy would read all of it before it refuses its length."""
    with open(tmp_path / "a.npy", "wb") as file:
        file.write(b"\x93NUMPY\2\0" + SIZE.to_bytes(4, "little"))
        file.truncate(SIZE)
    assert "damaged or no .npy" in refusal(read_images, tmp_path / "a.npy")
