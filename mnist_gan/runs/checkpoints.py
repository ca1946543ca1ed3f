"""The checkpoints of a run: the newest two are kept, a damaged one is passed over."""

import json
import zipfile
import zlib
from pathlib import Path

import numpy as np

from mnist_gan.runs.records import Checkpoint
from mnist_gan.support.errors import UserError
from mnist_gan.support.files import whole_file

CHECKPOINTS_KEPT = 2  # the newest, and one that was complete before it
DAMAGES = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, KeyError, TypeError)


class Checkpoints:
    """The folder of checkpoints.

    Args:
        folder: The folder, which need not exist.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, checkpoint: Checkpoint) -> None:
        """Write a checkpoint, then delete all but the newest two."""
        self._folder.mkdir(exist_ok=True)
        rest = {"history": checkpoint.history, "seconds": checkpoint.seconds}
        text = np.frombuffer(json.dumps(rest).encode(), np.uint8)
        with whole_file(self._folder / f"step-{checkpoint.step:09d}.npz") as temporary:
            np.savez(temporary, allow_pickle=False, **{**checkpoint.state, "rest": text})
        for old in self._files()[CHECKPOINTS_KEPT:]:
            old.unlink()

    def newest(self) -> Checkpoint | None:
        """Return the newest checkpoint that is not damaged, None if there are none.

        Raises:
            UserError: Where all of them are damaged.
        """
        files = self._files()
        for file in files:
            checkpoint = _read(file)
            if checkpoint:
                return checkpoint
        if files:
            raise UserError(
                f"{self._folder.parent} cannot be resumed: its checkpoints are damaged."
            )
        return None

    def _files(self) -> list[Path]:
        """Return the checkpoint files, newest first."""
        return sorted(self._folder.glob("step-*.npz"), reverse=True)


def _read(path: Path) -> Checkpoint | None:
    """Return a checkpoint, or None where the file is damaged."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            state = {name: arrays[name] for name in arrays.files}
        rest = json.loads(state.pop("rest").tobytes())
        step = int(path.stem.removeprefix("step-"))
        return Checkpoint(step, state, rest["history"], rest["seconds"])
    except DAMAGES:
        return None
