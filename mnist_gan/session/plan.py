"""A training that could begin: data, networks, trainer, online evaluation."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from mnist_gan.config.schema import FEWEST_EVALUATED, Config, Data
from mnist_gan.data.sources import Dataset, load_data
from mnist_gan.runs import DataRecord, Manifest
from mnist_gan.support.console import say
from mnist_gan.support.errors import UserError
from mnist_gan.support.runtime import start_tensorflow
from mnist_gan.support.units import counted
from mnist_gan.training.build import build_trainer, real_rows

if TYPE_CHECKING:
    from mnist_gan.evaluation.online import OnlineEvaluation
    from mnist_gan.training.trainer import Trainer


class Plan(NamedTuple):
    """A training that could begin."""

    config: Config
    threads: int
    dataset: Dataset
    trainer: Trainer
    online: OnlineEvaluation | None
    began: float  # when there were images to train on


def build_plan(config: Config, manifest: Manifest | None = None) -> Plan:
    """Return the training that a config describes; data are read before TensorFlow is loaded.

    Args:
        config: The config, resolved.
        manifest: That of the run, where one is trained on.

    Raises:
        UserError: Where the data are not those of the run, or cannot be trained on.
    """
    dataset = load_images(config.data)
    rows = real_rows(config, dataset)
    if manifest:
        _refuse_other_data(manifest, dataset)
    threads = start_tensorflow(manifest.threads if manifest else config.training.threads)
    began = time.monotonic()
    trainer = build_trainer(config, rows)
    return Plan(config, threads, dataset, trainer, build_online_evaluation(config, dataset), began)


def load_images(data: Data) -> Dataset:
    """Return the real images of a config, and say so if they are not those that were wished for."""
    dataset = load_data(data.source, data.digits, data.holdout)
    if dataset.fallback:
        say(f"Training on {dataset.source}.")
    return dataset


def data_record(dataset: Dataset, online: OnlineEvaluation | None = None) -> DataRecord:
    """Return what a run remembers of its data, and of how its census sees them."""
    return DataRecord(
        source=dataset.source,
        count=len(dataset.images),
        sha256=dataset.sha256,
        shares=tuple(online.shares.tolist()) if online else None,
    )


def build_online_evaluation(config: Config, dataset: Dataset) -> OnlineEvaluation | None:
    """Return what judges the digits of a training; None where none are to be judged."""
    from mnist_gan.evaluation.online import OnlineEvaluation

    if not config.training.eval_samples or len(dataset.images) < FEWEST_EVALUATED:
        return None
    if dataset.held_out is None and dataset.is_mnist:
        return OnlineEvaluation()
    return OnlineEvaluation(dataset.images if dataset.held_out is None else dataset.held_out)


def _refuse_other_data(manifest: Manifest, dataset: Dataset) -> None:
    """Refuse to go on with images that differ from those the run began with."""
    if dataset.sha256 != manifest.data.sha256:
        raise UserError(
            f"The run began with {counted(manifest.data.count, 'image')} "
            f"({manifest.data.source}), but now there are other data: "
            f"{counted(len(dataset.images), 'image')} ({dataset.source}); bring the first back."
        )
