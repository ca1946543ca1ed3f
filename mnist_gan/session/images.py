"""The real images of a training, and their record in a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mnist_gan.config.schema import Data
from mnist_gan.data.formats.standard import DIGITS
from mnist_gan.data.sources import Dataset, load_data_of
from mnist_gan.runs import DataRecord
from mnist_gan.support.console import say
from mnist_gan.support.errors import UserError
from mnist_gan.support.text import printable
from mnist_gan.support.units import counted

if TYPE_CHECKING:
    from mnist_gan.evaluation.online import OnlineEvaluation


def load_images(data: Data) -> Dataset:
    """Return the real images of a config; print a line if they are the fallback."""
    dataset = load_data_of(data)
    if dataset.fallback:
        say(f"Training on {dataset.source}.")
    return dataset


def refuse_other_images(dataset: Dataset, record: DataRecord) -> None:
    """Raise UserError where images are not those with which a run began, wherever they lie."""
    if dataset.sha256 != record.sha256:
        raise UserError(
            f"The run began with {counted(record.count, 'image')} of SHA-256 {record.sha256[:8]} "
            f"({printable(record.source)}), but {printable(dataset.source)} holds "
            f"{counted(len(dataset.images), 'image')} of {dataset.sha256[:8]}; add --data NEW, "
            "where the first are now."
        )


def data_record(dataset: Dataset, online: OnlineEvaluation | None = None) -> DataRecord:
    """Return the manifest's record of the data.

    Args:
        dataset: The data.
        online: The online evaluation, which knows the shares of the digits, or None for none.

    Returns:
        The record.
    """
    return DataRecord(
        source=dataset.source,
        count=len(dataset.images),
        sha256=dataset.sha256,
        shares=tuple(online.shares.tolist()) if online and online.shares is not None else None,
        classes=dataset.trained,
        are_digits=online.are_digits if online else dataset.classes in ((), DIGITS),
    )
