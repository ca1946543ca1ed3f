"""Runs are deleted and renamed, and the disk that they take is measured."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

from mnist_gan.config.loading import load_config
from mnist_gan.config.schema import Config
from mnist_gan.runs.folder import FOLDER, RunFolder, entries
from mnist_gan.runs.lock import lock
from mnist_gan.runs.outputs import list_runs, remember_number, run_of
from mnist_gan.runs.records import SWEEP, TRAIN
from mnist_gan.support.errors import UserError
from mnist_gan.support.text import printable

ASIDE = ".deleted-"  # the start of a folder's name while its files are deleted


def disk_bytes(folder: Path) -> int:
    """Return the bytes of all files below a folder; links are counted, not followed."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):  # a training replaces its files
                total += os.lstat(os.path.join(parent, name)).st_size
    return total


def refuse_change(run: RunFolder) -> None:
    """Check that a run can be deleted or renamed.

    Raises:
        UserError: Where it is being trained, is a link, belongs to a sweep, or has the name of
            no run.
    """
    folder = run.folder
    if folder.is_symlink() or not FOLDER.fullmatch(folder.name):
        raise UserError(
            f"{printable(folder)} is a link, or is not named as a run is (0007-tutorial); change "
            "it by hand."
        )
    if sweep := run_of(folder):
        raise UserError(
            f"{printable(folder)} is a training of a sweep, which stays whole; delete or rename "
            f"the sweep: {printable(sweep.folder)}."
        )
    for each in (run, *list_runs(folder)):
        if each.is_held():
            raise UserError(
                f"{printable(each.folder)} is being trained by another process; wait for it or "
                "stop it."
            )


def delete_run(run: RunFolder) -> None:
    """Delete a run's folder, a sweep's with all its trainings; its number is never reused.

    The folder is renamed first: after an interruption no run is listed that lacks files. What an
    interruption left is deleted by the next call.

    Args:
        run: The run.

    Raises:
        UserError: As `refuse_change`, or where some files cannot be deleted.
    """
    refuse_change(run)
    outputs, aside = run.folder.parent, run.folder.with_name(f"{ASIDE}{run.folder.name}")
    with lock(outputs):
        for left in entries(outputs):
            if left.name.startswith(ASIDE):
                shutil.rmtree(left, ignore_errors=True)
        remember_number(outputs, run.number)
        with _held(run):
            os.replace(run.folder, aside)
    shutil.rmtree(aside, ignore_errors=True)  # links in it are deleted, not followed
    if aside.exists():
        raise UserError(
            f"{printable(aside)} holds files that cannot be deleted; delete it by hand, it is no "
            "longer listed."
        )


def rename_run(run: RunFolder, name: str) -> RunFolder:
    """Rename a run's folder, and the run in its config; the number stays.

    Args:
        run: The run.
        name: Its new name.

    Returns:
        The run in its new folder.

    Raises:
        UserError: As `refuse_change`, or where the name is not allowed or taken.
    """
    load_config(Config(), {"name": name})  # refuses a name that is not allowed
    refuse_change(run)
    has_config = run.manifest().kind in (TRAIN, SWEEP)  # that of an experiment has no name
    config = run.config({"name": name}) if has_config else None
    number, _, _ = run.folder.name.partition("-")
    renamed = RunFolder(run.folder.with_name(f"{number}-{name}"))
    if renamed.folder.exists() and not renamed.folder.samefile(run.folder):
        raise UserError(f"There is {printable(renamed.folder)} already; choose another name.")
    with _held(run):
        os.replace(run.folder, renamed.folder)
        if config:
            renamed.write_config(config)
    return renamed


@contextmanager
def _held(run: RunFolder) -> Iterator[None]:
    """Hold a run's lock, except on Windows, where no folder is renamed that has an open file."""
    with nullcontext() if os.name == "nt" else run.held():
        yield
