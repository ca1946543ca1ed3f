"""One run folder: its files by name, validated when read, written atomically.

Longer than other modules, since every file of a run is named here.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from filelock import Timeout

from mnist_gan.config.loading import dump_config, load_config
from mnist_gan.config.schema import Config
from mnist_gan.data.images import tile, write_png
from mnist_gan.runs.checkpoints import Checkpoints
from mnist_gan.runs.links import inside, refuse_linked_folders
from mnist_gan.runs.lock import is_locked, lock
from mnist_gan.runs.records import Cells, Evaluation, Manifest, Row
from mnist_gan.runs.tables import csv_text, rows_of
from mnist_gan.support.errors import UserError
from mnist_gan.support.files import remove_left_parts, whole_file, write_text
from mnist_gan.support.reading import read_bytes, reading

FOLDER = re.compile(r"(\d{4}|[1-9]\d{4,5})-(.+)", re.ASCII)  # 20241126-backup is no run
LARGEST_TEXT, LARGEST_HISTORY = 1_000_000, 50_000_000  # bytes; larger files are refused
GRID = "images/epoch-{:04d}.png"  # of an epoch: 100 digits from the fixed latents
GRID_NAME = re.compile(r"epoch-(\d{4}|[1-9]\d{4,6})\.png", re.ASCII)
BEGIN, END = "---\n", "...\n"  # YAML's own marks around a run's config, which show that it is whole
CELLS, NEAREST = "cells/epoch-{:04d}.json", "cells/epoch-{:04d}.png"  # grid annotations


def folder_name(number: int, name: str) -> str:
    """Return the name of a run's folder.

    >>> folder_name(7, "tutorial")
    '0007-tutorial'
    """
    return f"{number:04d}-{name}"


class Model(Protocol):
    """A model that can save itself as a `.keras` file."""

    def save(self, path: Path) -> None:
        """Write the file."""


class RunFolder:
    """One run folder: its files by name, each validated when read and written atomically."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.generator = folder / "generator.keras"
        self.best = folder / "best.keras"
        self.curves = folder / "curves.png"
        self.images = folder / "images"
        self.discriminator = folder / "discriminator.keras"
        self.page = folder / "page.html"

    @property
    def checkpoints(self) -> Checkpoints:
        """The run's checkpoints.

        Raises:
            UserError: Where their folder is a link that leads out of the run.
        """
        return Checkpoints(inside(self.folder / "checkpoints", self.folder))

    @property
    def number(self) -> int:
        """The run's number; 0 for a folder that was renamed by hand."""
        match = FOLDER.fullmatch(self.folder.name)
        return int(match[1]) if match else 0

    def is_called(self, reference: str) -> bool:
        """Say whether a reference is the run's number, its name, or that of its folder."""
        name, number = self.folder.name, str(self.number)
        is_number = reference.isdecimal() and (reference.lstrip("0") or "0") == number
        return is_number or reference in (name, name.partition("-")[2])

    def manifest(self) -> Manifest:
        """Return run.json's contents; a "running" run whose process has ended is "interrupted".

        Raises:
            UserError: Where run.json is missing or damaged.
        """
        with reading(self.folder / "run.json", "record of a run"):
            manifest = Manifest.model_validate_json(self.read("run.json"))
        if manifest.status == "running" and not self.is_held():
            return manifest.model_copy(update={"status": "interrupted"})
        return manifest

    def write_manifest(self, manifest: Manifest) -> None:
        """Replace run.json."""
        write_text(self.folder / "run.json", manifest.model_dump_json(indent=2) + "\n")

    def amend_manifest(self, **changes: Any) -> None:
        """Replace some fields of run.json."""
        self.write_manifest(self.manifest().model_copy(update=changes))

    def config(self, overrides: Mapping[str, Any] | None = None) -> Config:
        """Return the run's resolved config, with overrides applied.

        Raises:
            UserError: Where it cannot be read, is no config, or was cut off: what is missing would
                get its default, and other networks would be trained.
        """
        path = self.folder / "config.yaml"
        with reading(path, "config"):
            words = self.read(path.name).split()
            if not words or (words[0] == b"---" and words[-1] != b"..."):
                raise UserError(f"{path} is cut off; put a whole copy of it in its place.")
            return load_config(str(path), overrides)

    def config_text(self) -> str:
        """Return the text of config.yaml.

        Raises:
            UserError: Where it cannot be read.
        """
        with reading(self.folder / "config.yaml", "config"):
            text = self.read("config.yaml").decode(errors="replace")
            return text.removeprefix(BEGIN).removesuffix(END)

    def write_config(self, config: Config) -> None:
        """Replace config.yaml."""
        self.write_config_text(dump_config(config))

    def write_config_text(self, text: str) -> None:
        """Replace config.yaml by a config as YAML."""
        write_text(self.folder / "config.yaml", f"{BEGIN}{text}{END}")

    def history(self) -> list[Row]:
        """Return history.csv, a dictionary per epoch, without values that it lacks.

        Returns:
            The epochs in order; an empty list where there is no file.

        Raises:
            UserError: Where the file cannot be read.
        """
        path = self.folder / "history.csv"
        with reading(path, "table of numbers"), suppress(FileNotFoundError):
            return rows_of(self.read(path.name, LARGEST_HISTORY).decode())
        return []

    def write_history(self, rows: Sequence[Row]) -> None:
        """Replace history.csv."""
        self.write_table("history.csv", rows)

    def write_table(self, name: str, rows: Sequence[Mapping[str, object]]) -> None:
        """Replace a CSV file.

        Args:
            name: The file's name below the run folder.
            rows: A dictionary per row of the table; every key of any row is a column.
        """
        write_text(self.folder / name, csv_text(rows))

    def write_grid(self, epoch: int, images: np.ndarray) -> None:
        """Write the 10x10 grid of an epoch.

        Args:
            epoch: The epoch.
            images: Images (100, 784) in [-1, 1].
        """
        path = self.folder / GRID.format(epoch)
        path.parent.mkdir(exist_ok=True)
        write_png(path, tile(images, columns=10))

    def write_cells(self, epoch: int, cells: Cells, nearest: np.ndarray) -> None:
        """Write the grid annotations of an epoch.

        Args:
            epoch: The epoch.
            cells: The annotations of its n digits.
            nearest: The k nearest training images of each digit, (n * k, 784).
        """
        path = self.folder / CELLS.format(epoch)
        path.parent.mkdir(exist_ok=True)
        columns = 10 * len(cells.nearest[0])  # one row of the sheet per row of the grid
        write_png(self.folder / NEAREST.format(epoch), tile(nearest, columns, scale=1))
        write_text(path, cells.model_dump_json(exclude_none=True) + "\n")

    def cells(self, epoch: int) -> Cells | None:
        """Return the grid annotations of an epoch; None where they are missing or damaged."""
        with suppress(UserError), reading(self.folder, "run"):
            return Cells.model_validate_json(self.read(CELLS.format(epoch)))
        return None

    def is_page_current(self) -> bool:
        """Say whether the page exists and is not older than the files it shows."""
        shown = ("run.json", "history.csv", "evaluation.json", "generator.keras")
        ages = [path.stat().st_mtime for name in shown if (path := self.folder / name).is_file()]
        return self.page.is_file() and self.page.stat().st_mtime >= max(ages, default=0)

    def grid_epochs(self) -> list[int]:
        """Return the epochs that have grids, in order."""
        with suppress(OSError):  # a file, a loop of links, no permission
            names = (GRID_NAME.fullmatch(path.name) for path in entries(self.images))
            return sorted(int(name[1]) for name in names if name)
        return []

    def save_models(self, generator: Model, discriminator: Model) -> None:
        """Replace the saved generator and discriminator."""
        _save(self.generator, generator)
        _save(self.discriminator, discriminator)

    def save_best(self, generator: Model) -> None:
        """Replace the saved best generator."""
        _save(self.best, generator)

    def evaluation(self) -> Evaluation | None:
        """Return the contents of evaluation.json, None where there is no such file.

        Raises:
            UserError: Where it is damaged.
        """
        path = self.folder / "evaluation.json"
        with reading(path, "evaluation"), suppress(FileNotFoundError):
            return Evaluation.model_validate_json(self.read(path.name))
        return None

    def write_evaluation(self, evaluation: Evaluation) -> None:
        """Replace evaluation.json."""
        text = evaluation.model_dump_json(indent=2) + "\n"
        write_text(self.folder / "evaluation.json", text)

    def read(self, name: str, largest: int = LARGEST_TEXT) -> bytes:
        """Return the bytes of one of the run's files.

        Args:
            name: The file's path below the run folder.
            largest: How many bytes it may have.

        Raises:
            OSError: Where it cannot be read.
            UserError: Where it is larger, no regular file, or a link that leads out of the run.
        """
        return read_bytes(inside(self.folder / name, self.folder), largest)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the run's lock to write into it, and delete what killed processes left unfinished.

        Raises:
            UserError: Where another process holds the lock, its file is a link, or a folder below
                the run is a link that leads out of it.
        """
        with self.held():
            refuse_linked_folders(self.folder)
            for folder in self._own_folders():
                remove_left_parts(folder)
            yield

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the run's lock.

        Raises:
            UserError: Where another process holds it, or its file is a link.
        """
        try:
            with lock(self.folder, timeout=1):
                yield
        except Timeout:
            raise UserError(
                f"{self.folder} is being trained by another process; wait for it or stop it."
            ) from None

    def is_held(self) -> bool:
        """Say whether a process holds the run's lock.

        Raises:
            UserError: Where its file is a link.
        """
        return is_locked(self.folder)

    def _own_folders(self) -> Iterator[Path]:
        """Yield the run's folder and those below it, without the trainings of a sweep."""
        for parent, names, _ in os.walk(self.folder):  # links are not followed
            yield Path(parent)
            names[:] = [name for name in names if not Path(parent, name, "run.json").exists()]


def entries(folder: Path) -> list[Path]:
    """Return the entries of a folder; an empty list where it does not exist."""
    try:
        return list(folder.iterdir())
    except FileNotFoundError:
        return []


def _save(path: Path, model: Model) -> None:
    """Replace a saved model."""
    with whole_file(path) as temporary:
        model.save(temporary)
