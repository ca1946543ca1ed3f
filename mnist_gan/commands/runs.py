"""`mnist-gan runs`: the runs as a table or as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mnist_gan.commands.options import JSON, OUTPUTS
from mnist_gan.support.console import say
from mnist_gan.support.errors import UserError

if TYPE_CHECKING:
    from mnist_gan.runs import RunFolder


@click.command()
@OUTPUTS
@JSON
def runs(outputs: Path, as_json: bool) -> int:
    """List the runs: number, name, status, epochs, last losses, when.

    Example: mnist-gan runs --json
    """
    from mnist_gan.runs import list_runs

    found = [_describe(run) for run in list_runs(outputs)]
    if as_json:
        print(json.dumps(found, indent=2))
    elif not found:
        say(f"There are no runs in {outputs} yet; 'mnist-gan train' makes one.")
    else:
        width = min(18, max(len(run["name"]) for run in found))  # 60 columns, if names are short
        print(f"run   {'name':{width}} status      epochs D loss G loss started")
        for run in found:
            print(_line(run, width))
    return 0


def _describe(run: RunFolder) -> dict[str, Any]:
    """Return what is known of a run; a damaged one is listed as unreadable."""
    about: dict[str, Any] = {"number": run.number, "folder": str(run.folder)}
    about["name"] = run.folder.name.partition("-")[2]
    try:
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


def _line(run: dict[str, Any], width: int) -> str:
    """Return a run as a line of the table, its name in so many columns."""
    losses = (run.get(f"{who}_loss") for who in ("discriminator", "generator"))
    d_loss, g_loss = ("-" if loss is None else f"{loss:.3f}" for loss in losses)
    started = run.get("started", "-")[:10]
    epochs = run.get("epochs", "-")
    return (
        f"{run['number']:04d}  {run['name'][:width]:{width}} {run['status']:11} {epochs:>6} "
        f"{d_loss:>6} {g_loss:>6} {started}"
    )
