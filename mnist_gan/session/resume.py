"""A run that is trained on, checked before TensorFlow is loaded."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mnist_gan.config.loading import differences, load_config, resolved
from mnist_gan.config.schema import Config
from mnist_gan.data.locations import refuse_missing_data
from mnist_gan.runs import TRAIN, Checkpoint, Manifest, RunFolder, find_run
from mnist_gan.support.console import LOADING, say
from mnist_gan.support.errors import UserError
from mnist_gan.support.runtime import versions
from mnist_gan.support.units import counted


def resume(
    reference: str,
    config_name: str | None,
    overrides: Mapping[str, Any],
    outputs: Path,
    *,
    quiet: bool,
) -> int:
    """Go on with an earlier run where its last checkpoint left off; return the exit code."""
    began = time.monotonic()
    run = find_run(reference, outputs)
    with run.locked():
        manifest = run.manifest()
        if manifest.kind != TRAIN:
            raise UserError(
                f"{run.folder} is an experiment ({manifest.kind}); no training goes on."
            )
        config = _config(run, config_name, overrides)
        if manifest.status == "finished" and manifest.epochs == config.training.epochs:
            done = counted(manifest.epochs, "epoch")
            say(f"{run.folder} is finished: {done}; a larger --epochs trains on.")
            print(run.folder)
            return 0
        checkpoint = _checkpoint(run, manifest)
        refuse_missing_data(config.data.source)
        if not quiet:
            say(LOADING)
        if manifest.versions != versions():
            say("Versions differ from those the run began with, so the last bits may, too.")
        from mnist_gan.session import train

        return train.ended(run, train.resume(run, config, checkpoint, began, quiet=quiet))


def _checkpoint(run: RunFolder, manifest: Manifest) -> Checkpoint | None:
    """Return where a run goes on; None where it has yet to begin."""
    checkpoint = run.load_checkpoint()
    if checkpoint is None and manifest.epochs:
        raise UserError(
            f"{run.folder} cannot go on after epoch {manifest.epochs}, because its checkpoints "
            "are gone; train a new run."
        )
    return checkpoint


def _config(run: RunFolder, reference: str | None, overrides: Mapping[str, Any]) -> Config:
    """Return the run's config with a new total of epochs at most; refuse any other change."""
    saved = run.config()
    wished = load_config(reference, overrides) if reference else run.config(overrides)
    wished = resolved(wished, saved.training.precision, saved.training.decay_epochs)
    allowed = wished.training.model_copy(update={"epochs": saved.training.epochs})
    changes = differences(saved, wished.model_copy(update={"training": allowed}))
    if changes:
        raise UserError(
            f"{run.folder} goes on as it began or not at all, but these settings differ: "
            f"{'; '.join(changes)}. Leave them out, or train a new run."
        )
    done = run.manifest().epochs
    if wished.training.epochs < done:
        raise UserError(
            f"{run.folder} has {counted(done, 'epoch')} already; --epochs is the total and cannot "
            f"be {wished.training.epochs}."
        )
    return wished
