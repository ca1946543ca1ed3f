"""The run folder of an experiment, and how its results are printed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mnist_gan.config.loading import dump_settings
from mnist_gan.data.locations import refuse_missing_data, say_which_data
from mnist_gan.runs import DataRecord, Manifest, RunFolder, command_line, create_run, now
from mnist_gan.support.console import LOADING, print_path, say
from mnist_gan.support.paths import writable_parent
from mnist_gan.support.runtime import chosen_backend, versions


def check(outputs: Path, source: str, *, quiet: bool) -> None:
    """Check that an experiment can start, then say what it waits for.

    Args:
        outputs: Folder that holds the run folders.
        source: Where its real images are.
        quiet: Whether to print nothing for people.

    Raises:
        UserError: Where nothing can be written, or there are no images.
    """
    chosen_backend()
    writable_parent(outputs)
    refuse_missing_data(source)
    if not quiet:
        say_which_data(source)
        say(LOADING)


@contextmanager
def experiment(
    name: str, settings: Mapping[str, Any], data: DataRecord, outputs: Path, threads: int
) -> Iterator[RunFolder]:
    """Create the run folder of an experiment and record how the block ends.

    Args:
        name: Kind of the run, also part of the folder's name.
        settings: Settings of the experiment, "seed" among them.
        data: Record of the real data.
        outputs: Folder that holds the run folders.
        threads: Threads of one training.

    Yields:
        The run folder, locked while the block runs.
    """
    manifest = Manifest(
        kind=name,
        status="running",
        command=command_line(),
        seed=settings["seed"],
        threads=threads,
        versions=versions(),
        data=data,
        started=now(),
    )
    run = create_run(outputs, name, dump_settings(settings), manifest)
    status = "failed"
    with run.locked():
        try:
            yield run
            status = "finished"
        except (KeyboardInterrupt, SystemExit):  # the second is that of SIGTERM
            status = "interrupted"
            raise
        finally:
            run.amend_manifest(status=status, finished=now())


def say_where_to_look(page: Path, what: str) -> None:
    """Say where the page of an experiment is and what to look at first, as its last line."""
    say(f"Page: {page}; look first at {what}.")


def report(
    run: RunFolder, settings: Mapping[str, Any], outcome: Mapping[str, Any], *, as_json: bool
) -> None:
    """Print the output for scripts: the run folder, or all results as JSON.

    Args:
        run: The run folder.
        settings: Settings of the experiment.
        outcome: Results of the experiment.
        as_json: Whether to print folder, settings and results as JSON.
    """
    if as_json:
        about = {"folder": str(run.folder), **settings, **outcome}
        print(json.dumps(about, indent=2, allow_nan=False))
    else:
        print_path(run.folder)
