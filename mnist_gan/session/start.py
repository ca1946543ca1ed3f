"""Starts a training, or trains a run on; finds mistakes before the backend is loaded."""

import os
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from mnist_gan.config.loading import differences, load_config, resolved
from mnist_gan.config.schema import SOURCES, Config
from mnist_gan.data.locations import refuse_missing_data, say_which_data
from mnist_gan.data.sources import KNOWN_CLASSES, Dataset, refuse_unknown
from mnist_gan.runs import SWEEP, TRAIN, Manifest, RunFolder
from mnist_gan.session.callbacks import Callback, check_callbacks
from mnist_gan.session.disk import folder_bytes, refuse_without_room
from mnist_gan.session.ended import Ended
from mnist_gan.session.images import load_images, refuse_other_images
from mnist_gan.session.memory import refuse_without_memory_for
from mnist_gan.support.console import LOADING, say
from mnist_gan.support.errors import UserError
from mnist_gan.support.hosts import is_announced
from mnist_gan.support.runtime import BACKENDS, chosen_backend, versions
from mnist_gan.support.text import printable
from mnist_gan.support.units import counted


def train(
    config: Config,
    outputs: Path,
    *,
    number: int | None = None,
    dataset: Dataset | None = None,
    quiet: bool = False,
    callbacks: Sequence[Callback] = (),
) -> Ended:
    """Train a new run.

    Args:
        config: What to train.
        outputs: The folder in which the run gets a folder of its own.
        number: The run's number, where it was planned; None: the next.
        dataset: The data, where they are loaded already.
        quiet: Whether to say nothing.
        callbacks: Functions of a `Report`, or Keras callbacks.

    Raises:
        UserError: Where it cannot be trained or kept, before anything is written.
    """
    check_callbacks(callbacks)
    dataset = check(config, outputs, quiet=quiet, dataset=dataset)
    from mnist_gan.session import train as session

    return session.train(config, outputs, number, dataset, quiet, callbacks)


def preview(config: Config, outputs: Path) -> None:
    """Print a config, and what its training would be and take; nothing is written.

    Args:
        config: What would be trained.
        outputs: Where the run would be kept.

    Raises:
        UserError: As `train`.
    """
    check(config, outputs, quiet=False)
    from mnist_gan.session import train as session

    session.preview(config)


def resume(
    run: RunFolder,
    reference: str | None = None,
    overrides: Mapping[str, Any] | None = None,
    *,
    backend_change: bool = False,
    quiet: bool = False,
    callbacks: Sequence[Callback] = (),
) -> Ended:
    """Train a run on, from its last checkpoint.

    Args:
        run: The run.
        reference: A config, which must be that of the run but for the total of epochs and for
            where the images are.
        overrides: Settings by dotted names, likewise.
        backend_change: Whether it may continue on another backend, on which its last bits differ.
        quiet: Whether to say nothing.
        callbacks: Functions of a `Report`, or Keras callbacks.

    Raises:
        UserError: Where the run cannot be trained on, or is being trained.
    """
    check_callbacks(callbacks)
    wished = reference, overrides or {}, backend_change
    _resumable(run, *wished)  # a refusal leaves no trace, not even a lock
    with nullcontext() if is_announced() else run.locked():  # one of several locks it later
        config = _resumable(run, *wished)  # once nobody else trains it on
        manifest = run.manifest()
        moved = _moved_images(run, config, manifest, quiet=quiet)
        if manifest.status == "finished" and manifest.epochs == config.training.epochs:
            if moved:
                run.write_config(run.config({"data.source": config.data.source}))
            done = counted(manifest.epochs, "epoch")
            say(f"{run.folder} is finished: {done}; a larger --epochs trains on.")
            from mnist_gan.pages.publish import keep_current

            keep_current(run)  # which a kill after the last epoch left undone
            return Ended(run, 0)
        _refuse_without_checkpoint(run, manifest)
        if not moved:
            _refuse_gone_data(run, config.data.source)
        if not quiet:
            say(LOADING)
        _say_changes(config.training.backend, run_backend(run.config(), manifest), manifest)
        from mnist_gan.session import train as session

        return session.resume(config, run, moved, quiet, callbacks)


def check(
    config: Config, outputs: Path, *, quiet: bool, dataset: Dataset | None = None
) -> Dataset | None:
    """Check that a training can begin, then say what it waits for.

    Args:
        config: What is to be trained.
        outputs: Where the run is to be kept.
        quiet: Whether to say nothing.
        dataset: The data, where they are loaded already.

    Returns:
        The data, where they had to be loaded to find its classes, or were.

    Raises:
        UserError: Where there are no data, or no room on the disk or in the memory.
    """
    training = config.training
    chosen_backend(training.backend, training.device, training.devices)
    refuse_without_room(folder_bytes(config), outputs)
    refuse_without_memory_for(config)
    refuse_missing_data(config.data.source)
    source, classes = config.data.source, config.data.classes
    if classes and source in KNOWN_CLASSES:
        refuse_unknown(classes, KNOWN_CLASSES[source], source)
    elif classes and not dataset:
        dataset = load_images(config.data)
    if not quiet:
        say_which_data(config.data.source)
        say(LOADING)
    return dataset


def _moved_images(
    run: RunFolder, config: Config, manifest: Manifest, *, quiet: bool
) -> Dataset | None:
    """Return the images from another place than the run's; None where the place is the same."""
    source = config.data.source
    if source == run.config().data.source:
        return None
    refuse_missing_data(source)
    if not quiet:
        say_which_data(source)
    dataset = load_images(config.data)
    refuse_other_images(dataset, manifest.data)
    return dataset


def _refuse_gone_data(run: RunFolder, source: str) -> None:
    """Raise UserError where a run's images are no longer where its config says."""
    if source not in SOURCES and not Path(source).exists():
        raise UserError(
            f"The images of {printable(run.folder)} are no longer at {printable(source)}; add "
            "--data NEW, where they are now."
        )
    refuse_missing_data(source)


def _say_changes(backend: str, before: str, manifest: Manifest) -> None:
    """Say where a run continues on another backend or with other versions than it began."""
    if backend != before:
        say(f"The run continues on {BACKENDS[backend]}, so its last bits differ from now on.")
    elif manifest.versions != versions(backend):
        say("Versions differ from those the run began with, so the last bits may, too.")


def _refuse_without_checkpoint(run: RunFolder, manifest: Manifest) -> None:
    """Raise UserError where a run has begun, and has no checkpoint to resume from."""
    if manifest.epochs and not run.checkpoints:
        raise UserError(
            f"{run.folder} cannot be resumed after epoch {manifest.epochs}, because its "
            "checkpoints are gone; train a new run."
        )


def _resumable(
    run: RunFolder, reference: str | None, overrides: Mapping[str, Any], backend_change: bool
) -> Config:
    """Return the config to train a run on with; nothing is written."""
    manifest = run.manifest()
    if manifest.kind == SWEEP:
        raise UserError(f"{run.folder} is a sweep; go on with: mnist-gan sweep --resume.")
    if manifest.kind != TRAIN:
        raise UserError(
            f"{run.folder} is an experiment ({manifest.kind}), which cannot be resumed; start it "
            "again."
        )
    return _config(run, reference, overrides, backend_change)


def run_backend(saved: Config, manifest: Manifest) -> str:
    """Return the backend of a run; those of version 0.1 do not record it."""
    if saved.training.backend != "auto":
        return saved.training.backend
    return "jax" if "jax" in manifest.versions else "tensorflow"


def _backend(own: str, wished: str, is_changed: bool) -> str:
    """Return the backend on which a run goes on; refuse another than its own without a word."""
    asked = (os.environ.get("KERAS_BACKEND") or own) if wished == "auto" else wished
    if is_changed and asked == own:
        asked = next(name for name in BACKENDS if name != own)
    if asked != own and not is_changed:
        raise UserError(
            f"The run began on {BACKENDS[own]}, and on another backend its last bits differ; ask "
            f"for {own} (training.backend, KERAS_BACKEND), or add --backend-change."
        )
    return chosen_backend(asked)


def _config(
    run: RunFolder, reference: str | None, overrides: Mapping[str, Any], backend_change: bool
) -> Config:
    """Return the run's config with a new total of epochs at most; refuse any other change."""
    saved, manifest = run.config(), run.manifest()
    own, began = run_backend(saved, manifest), saved.training
    wished = load_config(reference, overrides) if reference else run.config(overrides)
    asked = wished.training.backend
    backend = _backend(own, "auto" if asked == began.backend else asked, backend_change)
    wished = resolved(wished, backend, began.precision, began.decay_epochs)
    wished = wished.with_training(backend=backend)
    free = {name: getattr(began, name) for name in ("epochs", "backend", "device", "devices")}
    alike = wished.with_training(**free).with_source(saved.data.source)
    changes = differences(saved, alike)
    if changes:
        raise UserError(
            f"{run.folder} can only be resumed with its own settings, but these differ: "
            f"{'; '.join(changes)}. Leave them out, or train a new run."
        )
    done = manifest.epochs
    if wished.training.epochs < done:
        raise UserError(
            f"{run.folder} has {counted(done, 'epoch')} already; --epochs is the total and cannot "
            f"be {wished.training.epochs}."
        )
    return wished
