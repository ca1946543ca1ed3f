"""A training that could begin: data, networks, trainer, online evaluation."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mnist_gan.config.schema import FEWEST_JUDGED, Config, Data
from mnist_gan.data.sources import Dataset, load_data
from mnist_gan.runs import DataRecord
from mnist_gan.support.console import say

if TYPE_CHECKING:
    from mnist_gan.evaluation.online import Census
    from mnist_gan.training.trainer import Trainer


class Plan(NamedTuple):
    """A training that could begin."""

    config: Config
    threads: int
    dataset: Dataset
    trainer: Trainer
    census: Census | None
    began: float  # when there were images to train on


def load_images(data: Data) -> Dataset:
    """Return the real images of a config, and say so if they are not those that were wished for."""
    dataset = load_data(data.source, data.digits, data.holdout)
    if dataset.fallback:
        say(f"Training on {dataset.source}.")
    return dataset


def data_record(dataset: Dataset, census: Census | None = None) -> DataRecord:
    """Return what a run remembers of its data, and of how its census sees them."""
    return DataRecord(
        source=dataset.source,
        count=len(dataset.images),
        sha256=dataset.sha256,
        shares=tuple(census.shares.tolist()) if census else None,
    )


def build_census(config: Config, dataset: Dataset) -> Census | None:
    """Return what judges the digits of a training; None where none are to be judged."""
    from mnist_gan.evaluation.online import Census

    if not config.training.census or len(dataset.images) < FEWEST_JUDGED:
        return None
    if dataset.held_out is None and dataset.is_mnist:
        return Census()
    return Census(dataset.images if dataset.held_out is None else dataset.held_out)
