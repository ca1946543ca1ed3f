"""`mnist-gan sweep`: many trainings, with every combination of settings and seeds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mnist_gan.commands.options import (
    BATCH_SIZE,
    CLASSES,
    CONFIG,
    EPOCHS,
    IMAGES,
    OUTPUTS,
    QUIET,
    TENSORBOARD,
    overrides,
)

if TYPE_CHECKING:
    from mnist_gan.sweeps.start import Plan


@click.command()
@CONFIG
@click.option("--seeds", metavar="LIST", help="Seeds, as in 0-4,7. [default: 0-2]")
@click.option(
    "--set",
    "changes",
    multiple=True,
    metavar="KEY=VALUE,...",
    help="Change one setting; with several values, train with each.",
)
@EPOCHS
@BATCH_SIZE
@IMAGES
@CLASSES
@click.option("--name", help="Name of the sweep's folder.")
@OUTPUTS
@click.option("--jobs", type=click.IntRange(1, 256), help="Trainings at once on this machine.")
@click.option("--scheduler", metavar="ADDRESS", help="Train on the workers of a Dask scheduler.")
@click.option(
    "--scheduler-file", metavar="FILE", help="The same scheduler, by the file that it writes."
)
@click.option("--together", is_flag=True, help="All seeds of a setting in one program, on JAX.")
@click.option("--resume", metavar="SWEEP", help="Go on with a sweep: its number, name or folder.")
@click.option("--keep-going", is_flag=True, help="Train the others if one fails.")
@click.option("--dry-run", is_flag=True, help="Print what would be trained, and stop.")
@TENSORBOARD
@QUIET
def sweep(
    outputs: Path,
    resume: str | None,
    keep_going: bool,
    dry_run: bool,
    quiet: bool,
    **flags: Any,
) -> int:
    """Train with every combination of settings and seeds, several trainings at once.

    Example: mnist-gan sweep --config fast --seeds 0-4 --set discriminator.dropout=0.0,0.3

    Each training is a run of its own in the sweep's folder: wherever a command takes a run, 12/3
    is training 3 of sweep 12. Ctrl-C saves and stops all; --resume SWEEP goes on from there.
    """
    from mnist_gan.support.console import print_path
    from mnist_gan.sweeps import start
    from mnist_gan.sweeps.train import How

    tensorboard = bool(flags.pop("callbacks"))
    where = start.Where(*(flags.pop(name) for name in start.Where._fields))
    how = How(keep_going=keep_going, tensorboard=tensorboard, quiet=quiet)
    if where.scheduler and where.scheduler_file:
        raise click.UsageError("--scheduler and --scheduler-file name the same; give one of them.")
    if where.together and (where.jobs or where.scheduler or where.scheduler_file):
        raise click.UsageError("--together is one program here; leave out --jobs and --scheduler.")
    if where.jobs and (where.scheduler or where.scheduler_file):
        raise click.UsageError("--jobs counts trainings here; a scheduler has workers for that.")
    if resume:
        _refuse_changes(dry_run, flags)
        ended = start.resume(resume, outputs, where, how)
    else:
        plan = _plan(**flags)
        if dry_run:
            start.preview(plan, outputs, where)
            return 0
        ended = start.new(plan, outputs, where, how)
    print_path(ended.run.folder)
    return ended.exit_code


def _plan(
    reference: str | None,
    seeds: str | None,
    changes: tuple[str, ...],
    name: str | None,
    **flags: Any,
) -> Plan:
    """Return what the options ask for."""
    from mnist_gan.sweeps.start import planned

    fixed = overrides((), flags)
    return planned(reference or "tutorial", changes, fixed, seeds or "0-2", name)


def _refuse_changes(dry_run: bool, flags: dict[str, Any]) -> None:
    """Raise UsageError for options that only a new sweep takes."""
    given = [name for name, value in flags.items() if value not in (None, ())]
    given += ["dry-run"] if dry_run else []
    if given:
        option = {"reference": "config", "changes": "set"}.get(given[0], given[0])
        option = option.replace("_", "-")
        raise click.UsageError(
            f"--resume goes on with a sweep as it was planned; leave out --{option}."
        )
