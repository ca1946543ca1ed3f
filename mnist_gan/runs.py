"""The run folder: the only module that names, writes or reads files below `outputs/`."""

import csv
import io
import json
import math
import os
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol

import numpy as np
from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mnist_gan.assets import MNIST, asset
from mnist_gan.config import Config, dump_config, load_config
from mnist_gan.errors import UserError
from mnist_gan.files import PART, whole_file, write_text
from mnist_gan.images import tile, write_png

BUNDLED = "generator.keras"  # the asset
VARIABLE = "MNIST_GAN_OUTPUTS"
FOLDER = re.compile(r"(\d{4,9})-(.+)")
LARGEST_TEXT, LARGEST_HISTORY = 1_000_000, 50_000_000  # bytes of a file that is still read
CHECKPOINTS_KEPT = 2  # the newest, and one that was whole before it

GRID = "images/epoch-{:04d}.png"  # of an epoch: 100 digits from the fixed latents
CELLS, NEAREST = "cells/epoch-{:04d}.json", "cells/epoch-{:04d}.png"  # what is known of them

Status = Literal["running", "finished", "interrupted", "failed"]
Row = dict[str, float]
Shares = Annotated[
    tuple[Annotated[float, Field(ge=0, le=1)], ...], Field(min_length=10, max_length=10)
]


class Model(Protocol):
    """Whatever saves itself as a `.keras` file."""

    def save(self, path: Path) -> None:
        """Write the file."""


class DataRecord(BaseModel):
    """Which images a run saw."""

    source: str
    count: int
    sha256: str
    shares: Shares | None = None  # of the digits 0 to 9, as judge "a" sees them

    @property
    def is_mnist(self) -> bool:
        """Whether they were MNIST's training images, all of them."""
        return self.sha256 == MNIST


class Manifest(BaseModel):
    """What `run.json` says of a run."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)

    kind: str
    status: Status
    command: list[str]
    seed: int
    threads: int
    versions: dict[str, str]
    data: DataRecord
    started: datetime
    finished: datetime | None = None
    epochs: int = 0  # done
    equilibrium: tuple[float, float, float] | None = None  # losses: see objectives.Equilibrium
    verdict: str | None = None  # the doctor's last


class Evaluation(BaseModel):
    """What `evaluation.json` says of a generator."""

    generator: str  # name of the file
    epoch: int | None  # None for a file that belongs to no run
    samples: int
    against: str  # which real digits
    values: dict[str, float]
    real: dict[str, float]  # the same of real digits
    places: dict[str, float]  # 0: like real ones; 1: like the tutorial's GAN after 100 epochs
    summary: str
    version: str
    made: datetime


class Cells(BaseModel):
    """What is known of the n digits of a grid, each list in their order."""

    model_config = ConfigDict(allow_inf_nan=False)

    scores: list[float]  # D's, from 0 (fake) to 1 (real)
    digits: list[int] | None = None  # as judge "a" sees them
    confidence: list[float] | None = None
    nearest: list[list[int]]  # (n, k) places among the training images
    distances: list[list[float]]  # (n, k) root mean squares over the pixels, in grey levels


@dataclass(frozen=True)
class Checkpoint:
    """All that a resumed training needs: arrays, the rows so far, seconds of the open epoch."""

    step: int
    state: Mapping[str, np.ndarray]
    history: list[Row]
    seconds: float


class Run:
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
            reason = "damaged" if isinstance(error, ValidationError) else error
            raise UserError(f"{self.folder} is no readable run: run.json is {reason}.") from None
        if manifest.status == "running" and not self._alive():
            return manifest.model_copy(update={"status": "interrupted"})
        return manifest

    def write_manifest(self, manifest: Manifest) -> None:
        """Replace run.json."""
        write_text(self.folder / "run.json", manifest.model_dump_json(indent=2) + "\n")

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
        """Replace history.csv, a column for every key that some row has."""
        columns = list(dict.fromkeys(key for row in rows for key in row))
        text = io.StringIO()
        writer = csv.DictWriter(text, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        write_text(self.folder / "history.csv", text.getvalue())

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
        names = (re.fullmatch(r"epoch-(\d{4,9})\.png", path.name) for path in _entries(self.images))
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


def outputs_folder(chosen: str | None = None) -> Path:
    """Return where runs are kept: as chosen, else MNIST_GAN_OUTPUTS, else ./outputs."""
    return Path(chosen or os.environ.get(VARIABLE) or "outputs")


def create_run(outputs: Path, config: Config, manifest: Manifest) -> Run:
    """Make the next numbered run folder with its config and manifest."""
    outputs.mkdir(parents=True, exist_ok=True)
    with FileLock(outputs / ".lock"):
        counter = outputs / ".last-number"
        last = int(counter.read_text()) if counter.exists() else 0
        number = 1 + max([last, *(run.number for run in list_runs(outputs))])
        write_text(counter, str(number))
        folder = outputs / f"{number:04d}-{config.name}"
        folder.mkdir()
    run = Run(folder)
    run.write_config(config)
    run.write_manifest(manifest)
    return run


def list_runs(outputs: Path) -> list[Run]:
    """Return the numbered run folders, oldest first."""
    folders = [path for path in _entries(outputs) if FOLDER.fullmatch(path.name) and path.is_dir()]
    return sorted((Run(folder) for folder in folders), key=lambda run: run.number)


def find_run(reference: str, outputs: Path) -> Run:
    """Return the run with this number, name or folder; of one name, the newest."""
    if (Path(reference) / "run.json").is_file():
        return Run(Path(reference))
    for run in reversed(list_runs(outputs)):
        name = run.folder.name
        if reference in (name, name.partition("-")[2]):
            return run
        if reference.isdecimal() and int(reference) == run.number:
            return run
    known = ", ".join(run.folder.name for run in list_runs(outputs)[-10:])
    hint = f"the newest there are {known}" if known else "there are none yet"
    raise UserError(f"There is no run '{reference}' in {outputs}; {hint}.")


def find_generator(reference: str | None, outputs: Path) -> Path:
    """Return the `.keras` file that is meant: a file, a run's, the newest run's, or the bundled."""
    if reference and reference.endswith(".keras"):
        return Path(reference)
    if reference:
        run = find_run(reference, outputs)
        if not run.generator.is_file():
            raise UserError(
                f"{run.folder} has no generator.keras: no epoch is complete, or the file is gone."
            )
        return run.generator
    for run in reversed(list_runs(outputs)):
        if run.generator.is_file() and run.manifest().kind == "train":
            return run.generator
    return asset(BUNDLED)


def best_row(rows: Sequence[Row]) -> Row | None:
    """Return the row of a history whose digits came nearest to real ones; None if none has any."""
    judged = (row for row in rows if row.keys() >= {"epoch", "frechet_distance"})
    return min(judged, key=lambda row: row["frechet_distance"], default=None)


def called(generator: Path) -> str:
    """Return how a `.keras` file is called before people."""
    return "the bundled generator" if generator == asset(BUNDLED) else str(generator)


def run_of(generator: Path) -> Run | None:
    """Return the run to whose folder a `.keras` file belongs, None where it belongs to none."""
    return Run(generator.parent) if (generator.parent / "run.json").is_file() else None


def now() -> datetime:
    """Return the time as the manifest keeps it: UTC, whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


def _entries(folder: Path) -> list[Path]:
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
