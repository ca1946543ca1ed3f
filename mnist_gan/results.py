"""What the Python API returns: a run, and the values of an evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from mnist_gan.data.images import tile
from mnist_gan.evaluation.diagnostics import LOSSES
from mnist_gan.pages.pictures import grid
from mnist_gan.runs import Evaluation, find_run
from mnist_gan.support.errors import UserError
from mnist_gan.support.paths import outputs_folder
from mnist_gan.support.units import counted

if TYPE_CHECKING:
    from mnist_gan.config.schema import Config


class Run:
    """A training and all that it has kept.

    Args:
        reference: The run's folder, number or name; of one name, the newest.
        outputs: Where runs are kept; None: MNIST_GAN_OUTPUTS, else ./outputs.

    Attributes:
        files: The run folder, file by file.

    Raises:
        UserError: Where there is no such run.
    """

    def __init__(self, reference: str | int | Path, outputs: str | Path | None = None) -> None:
        self.files = find_run(str(reference), outputs_folder(outputs))

    @property
    def folder(self) -> Path:
        """Where all of it is kept."""
        return self.files.folder

    @property
    def status(self) -> str:
        """One of running, finished, interrupted and failed."""
        return self.files.manifest().status

    @property
    def config(self) -> Config:
        """The settings with which it was trained."""
        return self.files.config()

    @property
    def history(self) -> Any:
        """The losses, scores and evaluations of each epoch, by column.

        A pandas DataFrame where pandas is installed, else a dict of float64 arrays (epochs,).
        What was not measured in an epoch is NaN.
        """
        rows = self.files.history()
        names = list(dict.fromkeys(name for row in rows for name in row))
        columns = {name: np.array([row.get(name, np.nan) for row in rows]) for name in names}
        if not find_spec("pandas"):
            return columns
        import pandas as pd

        return pd.DataFrame(columns)

    def grid(self, epoch: int | None = None) -> Image.Image:
        """Return the grid of 100 digits that an epoch ended with; of the last one without a number.

        Raises:
            UserError: Where that epoch has no grid, with the epochs that have one.
        """
        epochs = self.files.grid_epochs()
        if not epochs or (epoch is not None and epoch not in epochs):
            there = f"there are those of {', '.join(map(str, epochs))}" if epochs else "none is yet"
            raise UserError(f"{self.folder} has no grid of epoch {epoch or 1}; {there}.")
        epoch = epochs[-1] if epoch is None else epoch
        try:
            small = Image.fromarray(grid(self.files, epoch))
        except UserError as error:
            raise UserError(f"The grid of epoch {epoch} cannot be read: {error}.") from None
        return small.resize((2 * small.width, 2 * small.height), Image.Resampling.NEAREST)

    def curves(self) -> Image.Image:
        """Return losses, scores and distances over the epochs as a picture.

        Raises:
            UserError: Where no epoch is done yet.
        """
        from mnist_gan.pages.plots import curves, rendered

        rows = [row for row in self.files.history() if row.keys() >= LOSSES]
        if not rows:
            raise UserError(f"{self.folder} has no curves: no epoch is done yet.")
        return Image.fromarray(rendered(curves(rows, self.files.manifest().equilibrium)))

    def __repr__(self) -> str:
        """Say what it is, how far it is and where."""
        manifest = self.files.manifest()
        return f"Run({str(self.folder)!r}): {manifest.status}, {counted(manifest.epochs, 'epoch')}"


class Scores(Mapping[str, float]):
    """The values of an evaluation by name; shown as the table that `mnist-gan evaluate` prints.

    Attributes:
        real: The same values of real digits.
        summary: The evaluation in words.
    """

    def __init__(self, evaluation: Evaluation, notes: list[str]) -> None:
        self._evaluation, self._notes = evaluation, notes
        self.real, self.summary = evaluation.real, evaluation.summary

    def __getitem__(self, name: str) -> float:
        """Return the value of a metric."""
        return self._evaluation.values[name]

    def __iter__(self) -> Any:
        """Iterate over the names."""
        return iter(self._evaluation.values)

    def __len__(self) -> int:
        """Return how many values there are."""
        return len(self._evaluation.values)

    def __repr__(self) -> str:
        """Return the table."""
        from mnist_gan.evaluation.scorecard import table

        about = self._evaluation
        head = f"{counted(about.samples, 'sample')} against {about.against}"
        body = table(about.values, about.real, about.places)
        return "\n".join((head, "", body, "", *self._notes))


def show(images: np.ndarray, columns: int | None = None) -> Image.Image:
    """Return images (n, 784) or (n, 28, 28) in [-1, 1] as one picture, which a notebook shows.

    Args:
        images: Floats in [-1, 1].
        columns: How many in a row; None: ten at most.

    Raises:
        UserError: Where these are no such images.
    """
    array = np.asarray(images)
    shapes = "expected are numbers in [-1, 1] of shape (n, 784) or (n, 28, 28)"
    if array.dtype.kind != "f" or array.shape[1:] not in ((784,), (28, 28)) or not len(array):
        raise UserError(f"These are {array.dtype} {array.shape}; {shapes}.")
    if not (np.abs(array) <= 1.01).all():
        raise UserError(f"These lie between {array.min()} and {array.max()}; {shapes}.")
    return Image.fromarray(tile(array.reshape(len(array), 784), columns or min(10, len(array))))
