"""Builds what a training needs from its config: data, networks, trainer, evaluation."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from mnist_gan.config.loading import resolved
from mnist_gan.config.schema import FEWEST_EVALUATED, Config
from mnist_gan.data.checks import hints
from mnist_gan.data.sources import Dataset
from mnist_gan.runs import Manifest
from mnist_gan.session.images import load_images, refuse_other_images
from mnist_gan.session.memory import refuse_without_memory_for
from mnist_gan.support.console import say
from mnist_gan.support.hosts import device_count, refuse_unlike
from mnist_gan.support.runtime import (
    chosen_backend,
    fast_precision,
    refuse_without_memory,
    start_backend,
)
from mnist_gan.training.build import build_trainer, real_rows

if TYPE_CHECKING:
    from mnist_gan.evaluation.online import OnlineEvaluation
    from mnist_gan.training.trainer import Trainer


class Plan(NamedTuple):
    """Everything that a training needs, before its run exists."""

    config: Config
    threads: int
    dataset: Dataset
    trainer: Trainer
    online: OnlineEvaluation | None
    began: float  # when the data were loaded, on the monotonic clock


def resolved_here(config: Config) -> Config:
    """Return a config with the values that depend on this machine."""
    training = config.training
    backend = chosen_backend(training.backend, training.device)
    if training.precision != "auto":
        return resolved(config, backend, training.precision, training.epochs)
    precision = fast_precision(backend, training.threads, training.device)
    return resolved(config, backend, precision, training.epochs)


def build_plan(
    config: Config, manifest: Manifest | None = None, dataset: Dataset | None = None
) -> Plan:
    """Return the training that a config describes; data are read before the backend is loaded.

    Args:
        config: The config, resolved.
        manifest: The manifest of the run, if one is resumed.
        dataset: The data, where they are loaded already.

    Returns:
        The plan, with the backend started.

    Raises:
        UserError: If the data differ from those of the run, or cannot be trained on.
    """
    dataset = dataset or load_images(config.data)
    refuse_without_memory_for(config, len(dataset.images))
    rows = real_rows(config, dataset)
    if manifest:
        refuse_other_images(dataset, manifest.data)
    else:
        for hint in hints(dataset, config.training.batch_size):
            say(hint)
    training = config.training
    threads = manifest.threads if manifest else training.threads
    threads = start_backend(training.backend, threads, training.device)
    devices = device_count(training.devices, training.batch_size)
    config = config.with_training(devices=devices)
    refuse_unlike(
        f"{config.noise} {config.generator} {config.discriminator} {config.training} "
        f"{dataset.sha256}"
    )
    began = time.monotonic()
    with refuse_without_memory():
        trainer = build_trainer(config, rows)
    online = build_online_evaluation(config, dataset, manifest)
    return Plan(config, threads, dataset, trainer, online, began)


def build_online_evaluation(
    config: Config, dataset: Dataset, manifest: Manifest | None = None
) -> OnlineEvaluation | None:
    """Return the online evaluation of a training, with classifier a.

    Args:
        config: The config.
        dataset: The data. Generated digits are compared with the images held out, if any, otherwise
            with the training images.
        manifest: The manifest of the run, if one is resumed.

    Returns:
        The evaluation; None if it is switched off or there are too few images.
    """
    from mnist_gan.evaluation.online import OnlineEvaluation

    if not config.training.eval_samples or len(dataset.images) < FEWEST_EVALUATED:
        return None
    if dataset.held_out is None and dataset.is_mnist:
        return OnlineEvaluation()
    real = dataset.images if dataset.held_out is None else dataset.held_out
    return OnlineEvaluation(real, are_digits=_are_digits(dataset, manifest))


def _are_digits(dataset: Dataset, manifest: Manifest | None) -> bool:
    """Return whether classifiers of digits can judge the data; say what seems wrong with them."""
    if manifest:
        return manifest.data.are_digits
    from mnist_gan.evaluation.kind import Kind

    kind = Kind(dataset)
    if kind.hint:
        say(kind.hint)
    return kind.are_digits
