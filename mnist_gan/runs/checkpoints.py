"""The checkpoints of a run: the newest two are kept, a damaged one is passed over."""

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mnist_gan.runs.links import inside
from mnist_gan.runs.records import MOST_SECONDS, Checkpoint
from mnist_gan.runs.tables import check_rows
from mnist_gan.support.console import say
from mnist_gan.support.errors import UserError
from mnist_gan.support.files import whole_file
from mnist_gan.support.npy import read_header
from mnist_gan.support.reading import open_file, reading

CHECKPOINTS_KEPT = 2  # the newest, and one that was complete before it
REST = "rest"  # the array that holds, as JSON, what is no array
OPTION = "allow_pickle"  # which NumPy 2.1 takes for an array, and writes
LARGEST_REST = 200_000_000  # bytes; the history is in it
UPDATES = "generator_optimizer/0"  # the array that counts the generator's updates


class Expected(NamedTuple):
    """What a checkpoint of a training must hold."""

    run: str  # the identity of the run
    arrays: Mapping[str, tuple[tuple[int, ...], str]]  # shape and kind of number of each, by name
    steps_per_epoch: int
    updates_per_step: int  # of the generator


class Checkpoints:
    """The folder of checkpoints.

    Args:
        folder: The folder, which need not exist.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __bool__(self) -> bool:
        """Whether there are any, damaged or not."""
        return bool(self._files())

    def save(self, checkpoint: Checkpoint) -> None:
        """Write a checkpoint, then delete those before it but for the newest."""
        self._folder.mkdir(exist_ok=True)
        rest = {"history": checkpoint.history, "seconds": checkpoint.seconds, "run": checkpoint.run}
        text = np.frombuffer(json.dumps(rest).encode(), np.uint8)
        path = self._folder / f"step-{checkpoint.step:09d}.npz"
        with whole_file(path) as temporary:
            np.savez(temporary, allow_pickle=False, **{**checkpoint.state, REST: text})
        files = self._files()
        for old in files[files.index(path) + CHECKPOINTS_KEPT :]:  # newer ones were passed over
            old.unlink()

    def newest(self, expected: Expected | None = None) -> Checkpoint | None:
        """Return the newest checkpoint that is not damaged, None if there are none.

        A line says where a damaged one, or one of another training, is passed over.

        Args:
            expected: What it must hold, where that is known.

        Raises:
            UserError: Where there is no other.
        """
        files = self._files()
        for file in files:
            try:
                checkpoint = _read(file, expected)
            except UserError as error:
                say(f"Passed over: {error}")
            else:
                return checkpoint
        if files:
            raise UserError(
                f"{self._folder.parent} cannot be resumed: its checkpoints are damaged."
            )
        return None

    def _files(self) -> list[Path]:
        """Return the checkpoint files, newest first."""
        return sorted(self._folder.glob("step-*.npz"), reverse=True)


def _read(path: Path, expected: Expected | None) -> Checkpoint:
    """Return a checkpoint. Raises UserError where it is damaged, or not what is expected."""
    with (
        reading(path, "checkpoint"),
        open_file(inside(path, path.parents[1])) as file,
        zipfile.ZipFile(file) as archive,
    ):
        step = int(path.stem.removeprefix("step-"))
        arrays = _arrays(path, archive, expected)
        rest = json.loads(arrays.pop(REST).tobytes())
        checkpoint = Checkpoint(step, arrays, rest["history"], rest["seconds"], rest.get("run"))
        _check_rest(checkpoint)
        if expected:
            _check_training(path, checkpoint, expected)
        return checkpoint


def _arrays(
    path: Path, archive: zipfile.ZipFile, expected: Expected | None
) -> dict[str, np.ndarray]:
    """Return the arrays of a checkpoint; what their headers declare is checked first."""
    members = {each.filename.removesuffix(".npy"): each for each in archive.infolist()}
    members.pop(OPTION, None)
    is_packed = any(each.compress_type != zipfile.ZIP_STORED for each in archive.infolist())
    if is_packed or sum(each.file_size for each in members.values()) > path.stat().st_size:
        raise ValueError("it unpacks to more than its size, and no checkpoint is compressed")
    if expected and members.keys() != {*expected.arrays, REST}:
        raise _of_another(path)
    for name, member in members.items():
        with archive.open(member) as file:
            header = read_header(file)
        is_rest = name == REST and header.dtype == np.uint8 and header.size <= LARGEST_REST
        if header.size > member.file_size or header.dtype.kind not in "fiub":
            raise ValueError(f"{name} declares more than it holds, or no numbers")
        if (
            expected
            and not is_rest
            and expected.arrays.get(name) != _kind(header.shape, header.dtype)
        ):
            raise _of_another(path)
    return {name: _array(archive, member) for name, member in members.items()}


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    """Return one array, with its checksum; nothing is unpickled."""
    with archive.open(member) as file:
        array = np.lib.format.read_array(file, allow_pickle=False)
        if file.read(1):
            raise ValueError("bytes are left behind the array")
    if not np.isfinite(array).all():
        raise ValueError("numbers are not finite")
    return array


def layout(state: Mapping[str, np.ndarray]) -> dict[str, tuple[tuple[int, ...], str]]:
    """Return the shape and the kind of number of each array, see `Expected`."""
    return {name: _kind(array.shape, array.dtype) for name, array in state.items()}


def _kind(shape: tuple[int, ...], dtype: np.dtype[Any]) -> tuple[tuple[int, ...], str]:
    """Return shape and kind of number; backends differ in the bits of their integers."""
    return shape, "integers" if dtype.kind in "iu" else dtype.name


def _check_rest(checkpoint: Checkpoint) -> None:
    """Raise unless history and seconds are numbers in their ranges."""
    rows = checkpoint.history
    if not all(type(value) in (int, float) for row in rows for value in row.values()):
        raise ValueError("its history holds more than numbers")
    check_rows(rows)
    if not 0 <= checkpoint.seconds <= MOST_SECONDS:
        raise ValueError("its seconds are out of range")


def _check_training(path: Path, checkpoint: Checkpoint, expected: Expected) -> None:
    """Raise unless a checkpoint is of this run, and its counts agree with each other."""
    if checkpoint.run not in (None, expected.run):
        raise _of_another(path)
    epochs = checkpoint.step // expected.steps_per_epoch
    if [row["epoch"] for row in checkpoint.history] != list(range(1, epochs + 1)):
        raise ValueError("its history is not that of its steps")
    if int(checkpoint.state[UPDATES]) != checkpoint.step * expected.updates_per_step:
        raise ValueError("its state is not that of its steps")


def _of_another(path: Path) -> UserError:
    """Return the error for a checkpoint that another training wrote."""
    return UserError(f"{path} is the checkpoint of another training.")
