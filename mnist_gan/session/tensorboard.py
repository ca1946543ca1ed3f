"""Logs a training's curves, grids and settings for TensorBoard."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from mnist_gan.config.loading import flat
from mnist_gan.evaluation.table import ONLINE, PANELS
from mnist_gan.pages.pictures import grid
from mnist_gan.runs import Row, RunFolder
from mnist_gan.support.errors import UserError

if TYPE_CHECKING:
    from tensorboardX import SummaryWriter

FOLDER = "tensorboard"  # below the run folder
COLUMNS = [column for panel in PANELS for column in panel.columns]


class TensorBoard:
    """A callback for `train` and `resume` that logs a run below `tensorboard/` in its folder.

    See it with `tensorboard --logdir outputs`: losses, scores and evaluations by epoch, the grids,
    and the settings as hyperparameters.

    Raises:
        UserError: Where tensorboardX is not installed.
    """

    def __init__(self) -> None:
        try:
            import tensorboardX  # noqa: F401
        except ImportError:
            raise UserError(
                "TensorBoard's logs need tensorboardX; install it with: pip install tensorboardX."
            ) from None
        self._writer: SummaryWriter | None = None

    def on_run_begin(self, run: RunFolder, epochs: int) -> None:
        """Open a log; what an earlier one has of later epochs is void.

        Args:
            run: The run.
            epochs: Those that it has already.
        """
        from tensorboardX import SummaryWriter
        from tensorboardX.summary import hparams

        folder = run.folder / FOLDER
        self._writer = SummaryWriter(str(folder), purge_step=epochs + 1 if epochs else None)
        for summary in hparams(_settings(run), dict.fromkeys(ONLINE[:2], 0.0)):
            self._writer.file_writer.add_summary(summary)

    def on_run_epoch(self, run: RunFolder, row: Row) -> None:
        """Log an epoch.

        Args:
            run: The run.
            row: Its row of the history.
        """
        if self._writer is None:
            return
        epoch = int(row["epoch"])
        for column in COLUMNS:  # by the names of history.csv
            if column in row:
                self._writer.add_scalar(column, row[column], epoch)
        with suppress(UserError):  # it has no grid
            picture = grid(run, epoch).repeat(2, axis=0).repeat(2, axis=1)  # as large as the file
            self._writer.add_image("grid", picture, epoch, dataformats="HW")
        self._writer.flush()

    def on_run_end(self, run: RunFolder) -> None:
        """Close the log."""
        if self._writer is not None:
            self._writer.close()


def _settings(run: RunFolder) -> dict[str, Any]:
    """Return the settings of a run, numbers as such."""
    found: dict[str, Any] = {}
    for key, value in flat(run.config()).items():
        try:
            found[key] = float(value)
        except ValueError:
            found[key] = value
    return found
