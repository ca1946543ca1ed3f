"""One run folder: its files by name, validated when read, written atomically."""

import csv
import io
import json
import math
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from filelock import FileLock, Timeout
from pydantic import ValidationError

from mnist_gan.config.loading import dump_config, load_config
from mnist_gan.config.schema import Config
from mnist_gan.data.images import tile, write_png
from mnist_gan.runs.records import Cells, Checkpoint, Evaluation, Manifest, Row
from mnist_gan.support.errors import UserError
from mnist_gan.support.files import PART, whole_file, write_text

FOLDER = re.compile(r"(\d{4,9})-(.+)")
LARGEST_TEXT, LARGEST_HISTORY = 1_000_000, 50_000_000  # bytes of a file that is still read
CHECKPOINTS_KEPT = 2  # the newest, and one that was whole before it
GRID = "images/epoch-{:04d}.png"  # of an epoch: 100 digits from the fixed latents
CELLS, NEAREST = "cells/epoch-{:04d}.json", "cells/epoch-{:04d}.png"  # what is known of them


class Model(Protocol):
    """Whatever saves itself as a `.keras` file."""

    def save(self, path: Path) -> None:
        """Write the file."""


class RunFolder:
    """One run folder: its files by name, each read and written whole."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.generator = folder / "generator.keras"
        self.best = folder / "best.keras"
        self.curves = folder / "curves.png"
        self.images = folder / "images"
        self.discriminator = folder / "discriminator.keras"
        self.page = folder / "page.html"
        self._checkpoints = folder / "checkpoints"

    @property
    def number(self) -> int:
        """The run's number; 0 for a folder that was renamed by hand."""
        match = FOLDER.fullmatch(self.folder.name)
        return int(match[1]) if match else 0

    def manifest(self) -> Manifest:
        """Return what run.json says; a run whose process is gone is not running but interrupted."""
        try:
            manifest = Manifest.model_validate_json(self.read("run.json"))
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            reason = "it is damaged" if isinstance(error, ValidationError) else reason
            raise UserError(f"{self.folder} is no readable run; run.json: {reason}.") from None
        if manifest.status == "running" and not self._alive():
            return manifest.model_copy(update={"status": "interrupted"})
        return manifest

    def write_manifest(self, manifest: Manifest) -> None:
        """Replace run.json."""
        write_text(self.folder / "run.json", manifest.model_dump_json(indent=2) + "\n")

    def amend_manifest(self, **changes: Any) -> None:
        """Replace some of what run.json says."""
        self.write_manifest(self.manifest().model_copy(update=changes))

    def config(self, overrides: Mapping[str, Any] | None = None) -> Config:
        """Return the resolved config of the run, with overrides laid over it."""
        path = self.folder / "config.yaml"
        self._refuse_outside(path)
        return load_config(str(path), overrides)

    def config_text(self) -> str:
        """Return config.yaml as it stands there. Raises as `read` does."""
        return self.read("config.yaml").decode(errors="replace")

    def write_config(self, config: Config) -> None:
        """Replace config.yaml."""
        write_text(self.folder / "config.yaml", dump_config(config))

    def history(self) -> list[Row]:
        """Return the rows of history.csv, less the cells that hold no number; none without it."""
        try:
            text = self.read("history.csv", LARGEST_HISTORY).decode()
            return [_numbers(row) for row in csv.DictReader(io.StringIO(text))]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, csv.Error) as error:
            raise UserError(f"{self.folder}: history.csv cannot be read ({error}).") from None

    def write_history(self, rows: Sequence[Row]) -> None:
        """Replace history.csv."""
        self.write_table("history.csv", rows)

    def write_table(self, name: str, rows: Sequence[Mapping[str, object]]) -> None:
        """Replace a CSV file, a column for every key that some row has."""
        columns = list(dict.fromkeys(key for row in rows for key in row))
        text = io.StringIO()
        writer = csv.DictWriter(text, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        write_text(self.folder / name, text.getvalue())

    def write_grid(self, epoch: int, images: np.ndarray) -> None:
        """Write the 10x10 grid of an epoch from images (100, 784)."""
        path = self.folder / GRID.format(epoch)
        path.parent.mkdir(exist_ok=True)
        write_png(path, tile(images, columns=10))

    def write_cells(self, epoch: int, cells: Cells, nearest: np.ndarray) -> None:
        """Write what is known of a grid's digits, and their training images (n * k, 784)."""
        path = self.folder / CELLS.format(epoch)
        path.parent.mkdir(exist_ok=True)
        columns = 10 * len(cells.nearest[0])  # a row of the sheet for a row of the grid
        write_png(self.folder / NEAREST.format(epoch), tile(nearest, columns, scale=1))
        write_text(path, cells.model_dump_json(exclude_none=True) + "\n")

    def cells(self, epoch: int) -> Cells | None:
        """Return what is known of the digits of a grid; None where that is nothing or damaged."""
        try:
            return Cells.model_validate_json(self.read(CELLS.format(epoch)))
        except (OSError, ValueError, UserError):
            return None

    def is_page_current(self) -> bool:
        """Say whether the page is there and younger than all it shows."""
        shown = ("run.json", "history.csv", "evaluation.json", "generator.keras")
        ages = [path.stat().st_mtime for name in shown if (path := self.folder / name).is_file()]
        return self.page.is_file() and self.page.stat().st_mtime >= max(ages, default=0)

    def grid_epochs(self) -> list[int]:
        """Return the epochs of which there are grids, in order."""
        names = (re.fullmatch(r"epoch-(\d{4,9})\.png", path.name) for path in entries(self.images))
        return sorted(int(name[1]) for name in names if name)

    def save_models(self, generator: Model, discriminator: Model) -> None:
        """Replace the saved generator and discriminator."""
        _save(self.generator, generator)
        _save(self.discriminator, discriminator)

    def save_best(self, generator: Model) -> None:
        """Replace the saved generator that was best so far."""
        _save(self.best, generator)

    def evaluation(self) -> Evaluation | None:
        """Return what evaluation.json says, None where there is none."""
        path = self.folder / "evaluation.json"
        try:
            return Evaluation.model_validate_json(self.read(path.name))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            reason = "damaged" if isinstance(error, ValidationError) else error
            raise UserError(f"{path} is {reason}; move it away, then evaluate again.") from None

    def write_evaluation(self, evaluation: Evaluation) -> None:
        """Replace evaluation.json."""
        text = evaluation.model_dump_json(indent=2) + "\n"
        write_text(self.folder / "evaluation.json", text)

    def read(self, name: str, largest: int = LARGEST_TEXT) -> bytes:
        """Return the bytes of one of the run's files.

        Raises OSError, ValueError where it is larger than `largest`, UserError where it lies
        elsewhere.
        """
        path = self.folder / name
        self._refuse_outside(path)
        if path.stat().st_size > largest:
            raise ValueError(f"larger than {largest:,} bytes")
        return path.read_bytes()

    def save_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Write a checkpoint, then drop all but the newest two."""
        self._checkpoints.mkdir(exist_ok=True)
        rest = {"history": checkpoint.history, "seconds": checkpoint.seconds}
        text = np.frombuffer(json.dumps(rest).encode(), np.uint8)
        with whole_file(self._checkpoints / f"step-{checkpoint.step:09d}.npz") as temporary:
            np.savez(temporary, allow_pickle=False, **{**checkpoint.state, "rest": text})
        for old in self._checkpoint_files()[CHECKPOINTS_KEPT:]:
            old.unlink()

    def load_checkpoint(self) -> Checkpoint | None:
        """Return the newest checkpoint that is whole, None if none was ever written."""
        files = self._checkpoint_files()
        for file in files:
            checkpoint = _read_checkpoint(file)
            if checkpoint:
                return checkpoint
        if files:
            raise UserError(f"{self.folder} cannot go on: its checkpoints are damaged.")
        return None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the run for one trainer; refuse where another holds it."""
        try:
            with FileLock(self.folder / ".lock", timeout=1):
                for part in self.folder.rglob(f"{PART}*"):
                    part.unlink(missing_ok=True)
                yield
        except Timeout:
            raise UserError(
                f"{self.folder} is being trained by another process; wait for it or stop it."
            ) from None

    def _refuse_outside(self, path: Path) -> None:
        """Refuse a path that leads out of the run's folder."""
        if not path.resolve().is_relative_to(self.folder.resolve()):
            raise UserError(f"{path} is a link that leads out of the run; it is not followed.")

    def _alive(self) -> bool:
        """Say whether some process holds the run."""
        try:
            with FileLock(self.folder / ".lock", timeout=0):
                return False
        except Timeout:
            return True
        except OSError:  # a folder that cannot be written is nobody's to train
            return False

    def _checkpoint_files(self) -> list[Path]:
        """Return the checkpoint files, newest first."""
        return sorted(self._checkpoints.glob("step-*.npz"), reverse=True)


def entries(folder: Path) -> list[Path]:
    """Return what a folder holds; nothing where there is none."""
    try:
        return list(folder.iterdir())
    except FileNotFoundError:
        return []


def _save(path: Path, model: Model) -> None:
    """Replace a saved model."""
    with whole_file(path) as temporary:
        model.save(temporary)


def _numbers(cells: Mapping[str, str]) -> Row:
    """Return the cells of a row that hold a finite number."""
    row = {}
    for key, text in cells.items():
        with suppress(ValueError, TypeError):  # empty, junk, or more cells than columns
            row[key] = float(text)
    return {key: value for key, value in row.items() if math.isfinite(value)}


def _read_checkpoint(path: Path) -> Checkpoint | None:
    """Return a checkpoint, or None where the file is damaged."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            state = {name: arrays[name] for name in arrays.files}
        rest = json.loads(state.pop("rest").tobytes())
        step = int(path.stem.removeprefix("step-"))
        return Checkpoint(step, state, rest["history"], rest["seconds"])
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, KeyError, TypeError):
        return None
