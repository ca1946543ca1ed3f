"""`mnist-gan runs`: the runs as a table or as JSON; deletes and renames them."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mnist_gan.commands.options import JSON, OUTPUTS
from mnist_gan.support.console import print_path, say
from mnist_gan.support.errors import UserError
from mnist_gan.support.reading import reading
from mnist_gan.support.text import printable, several
from mnist_gan.support.units import counted, megabytes

if TYPE_CHECKING:
    from mnist_gan.runs import RunFolder


@click.command()
@click.argument("references", nargs=-1, metavar="[RUN]...")
@click.option("--delete", is_flag=True, help="Delete RUN...; asks first.")
@click.option("--yes", is_flag=True, help="With --delete: do not ask.")
@click.option("--rename", nargs=2, metavar="RUN NEW_NAME", help="Give a run a new name.")
@click.option("--size", is_flag=True, help="Show how much disk each run takes, and all.")
@OUTPUTS
@JSON
def runs(
    references: tuple[str, ...],
    outputs: Path,
    *,
    delete: bool,
    yes: bool,
    rename: tuple[str, str] | None,
    size: bool,
    as_json: bool,
) -> int:
    """List the runs: number, name, status, epochs, last losses, when.

    RUN is a run's number, name or folder, and is named for --delete only.

    Example: mnist-gan runs --json
    """
    _check(references, delete=delete, yes=yes, changes=[delete, bool(rename), size or as_json])
    if delete:
        _delete(references, outputs, yes=yes)
    elif rename:
        _rename(*rename, outputs)
    else:
        _list(outputs, size=size, as_json=as_json)
    return 0


def _check(references: Sequence[str], *, delete: bool, yes: bool, changes: list[bool]) -> None:
    """Refuse options and arguments that do not go together."""
    if sum(changes) > 1:
        raise click.UsageError("--delete and --rename go alone, without each other or a list.")
    if delete and not references:
        raise click.UsageError("--delete needs the runs to delete, as in --delete 7.")
    if references and not delete:
        many = " ".join(references)
        raise click.UsageError(
            f"mnist-gan runs takes no argument; '{many}' is too many, but --delete takes runs."
        )
    if yes and not delete:
        raise click.UsageError("--yes goes with --delete.")


def _delete(references: Sequence[str], outputs: Path, *, yes: bool) -> None:
    """Delete runs once a person has agreed; a mistake in one of them deletes none."""
    from mnist_gan.runs import delete_run, disk_bytes, refuse_change

    found = {run.folder.resolve(): run for run in (_one(name, outputs) for name in references)}
    for run in found.values():
        refuse_change(run)
    if not yes and not sys.stdin.isatty():
        raise UserError("There is no terminal to ask on whether to delete; add --yes to delete.")
    sizes = {folder: megabytes(disk_bytes(folder)) for folder in found}
    agreed = {
        folder: run
        for folder, run in found.items()
        if yes or click.confirm(f"Delete {_called(run)} ({sizes[folder]})?", err=True)
    }
    for folder, run in agreed.items():
        delete_run(run)
        say(f"{run.folder} is deleted ({sizes[folder]}).")
    for home in {run.folder.parent for run in agreed.values()}:
        _update_index(home)


def _called(run: RunFolder) -> str:
    """Return a run's name for the question; a sweep's with how many trainings go with it."""
    from mnist_gan.runs import list_runs

    trainings = len(list_runs(run.folder))
    name = printable(run.folder.name)
    return f"{name} with its {counted(trainings, 'training')}" if trainings else name


def _rename(reference: str, name: str, outputs: Path) -> None:
    """Rename a run, and print its new folder."""
    from mnist_gan.runs import SWEEP, TRAIN, rename_run

    run = rename_run(_one(reference, outputs), name)
    kind = run.manifest().kind
    try:
        if kind == TRAIN:
            from mnist_gan.pages.run_page import write_run_page

            write_run_page(run)
        elif kind == SWEEP and run.page.is_file():
            from mnist_gan.sweeps.page import write_sweep_page

            write_sweep_page(run)
    except (OSError, UserError) as error:
        say(f"The page of {run.folder} is not up to date: {error}")
    _update_index(run.folder.parent)
    print_path(run.folder)


def _one(reference: str, outputs: Path) -> RunFolder:
    """Return the run to change; refuse a number or name that several have."""
    from mnist_gan.runs import find_run, list_runs

    run = find_run(reference, outputs)
    meant = [each.folder.name for each in list_runs(outputs) if each.is_called(reference)]
    if len(meant) > 1 and reference != run.folder.name:
        raise UserError(f"Several runs are called so; name one by its folder: {several(meant)}.")
    return run


def _update_index(outputs: Path) -> None:
    """Bring the index of the runs up to date."""
    from mnist_gan.pages.index_page import write_index

    try:
        write_index(outputs)
    except (OSError, UserError) as error:
        say(f"The index of {outputs} is not up to date ({error}); mnist-gan browse mends that.")


def _list(outputs: Path, *, size: bool, as_json: bool) -> None:
    """Print the runs."""
    from mnist_gan.runs import list_runs

    found = [_describe(run, size=size) for run in list_runs(outputs)]
    total = sum(run.get("bytes", 0) for run in found)
    if as_json:
        print(json.dumps({"bytes": total, "runs": found} if size else found, indent=2))
    elif not found:
        say(f"There are no runs in {outputs} yet; 'mnist-gan train' makes one.")
    else:
        width = min(18, max(len(run["name"]) for run in found))  # 60 columns, if names are short
        losses = f"{'size':>13}" if size else "D loss G loss"
        print(f"run   {'name':{width}} status      epochs {losses} started")
        for run in found:
            print(_line(run, width))
        if size:
            print(f"all   {megabytes(total):>{width + 33}}")


def _describe(run: RunFolder, *, size: bool) -> dict[str, Any]:
    """Return what is known of a run; a damaged one is listed as unreadable."""
    from mnist_gan.runs import disk_bytes

    about: dict[str, Any] = {"number": run.number, "folder": str(run.folder), "name": _name(run)}
    if size:
        about["bytes"] = disk_bytes(run.folder)
    try:
        with reading(run.folder, "run"):
            manifest, rows = run.manifest(), run.history()
    except UserError:
        return {**about, "status": "unreadable"}
    last = rows[-1] if rows else {}
    return {
        **about,
        "status": manifest.status,
        "epochs": len(rows),
        "discriminator_loss": last.get("discriminator_loss"),
        "generator_loss": last.get("generator_loss"),
        "started": manifest.started.isoformat(),
    }


def _name(run: RunFolder) -> str:
    """Return a run's name, which follows the number in that of its folder."""
    return run.folder.name.partition("-")[2]


def _line(run: dict[str, Any], width: int) -> str:
    """Return a run as a line of the table, its name in so many columns."""
    losses = (run.get(f"{who}_loss") for who in ("discriminator", "generator"))
    d_loss, g_loss = ("-" if loss is None else f"{loss:.3f}" for loss in losses)
    numbers = f"{megabytes(run['bytes']):>13}" if "bytes" in run else f"{d_loss:>6} {g_loss:>6}"
    name = printable(run["name"])[:width]
    started = run.get("started", "-")[:10]
    epochs = run.get("epochs", "-")
    return f"{run['number']:04d}  {name:{width}} {run['status']:11} {epochs:>6} {numbers} {started}"
