"""`mnist-gan compare`: runs and sweeps, with means over seeds and what differs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mnist_gan.commands.options import JSON, OUTPUTS
from mnist_gan.support.console import print_path, say
from mnist_gan.support.files import write_text
from mnist_gan.support.paths import check_output
from mnist_gan.support.text import escaped
from mnist_gan.support.units import counted

if TYPE_CHECKING:
    from mnist_gan.sweeps.compare import Comparison


@click.command()
@click.argument("references", nargs=-1, required=True, metavar="RUN...")
@OUTPUTS
@JSON
@click.option(
    "--output",
    type=Path,
    metavar="FILE",
    help="Write a page (.html), or the table (.csv), instead.",
)
def compare(references: tuple[str, ...], outputs: Path, as_json: bool, output: Path | None) -> int:
    """Compare trainings: means over seeds, and which settings differ by more than chance.

    RUN is a run or a sweep, which stands for all its runs. Runs that differ in the seed only are a
    group. Each group is compared with the first.

    Example: mnist-gan compare 12 --output sweep.html
    """
    if output:
        check_output(output, ".html", ".csv")
    from mnist_gan.sweeps.compare import compare, rows, runs_of

    comparison = compare(runs_of(references, outputs))
    for note in comparison.notes:
        say(note)
    if output:
        write_text(output, _text(comparison, output.suffix.lower(), " ".join(references)))
        print_path(output)
    elif as_json:
        print(json.dumps(rows(comparison), indent=2))
    else:
        _print_table(comparison)
    return 0


def _print_table(comparison: Comparison) -> None:
    """Print the groups, with a second line where one is compared with the first."""
    from mnist_gan.sweeps.compare import DISTANCE
    from mnist_gan.sweeps.page import mean_text, ratio_text

    print("Fréchet distance, ± half of a 95 % interval over the seeds")
    for group in comparison.groups:
        mean = mean_text(DISTANCE, group.means.get(DISTANCE))
        print(f"{escaped(group.label)}: {mean}, {counted(len(group.runs), 'seed')}")
        if group.ratio:
            print(f"    {group.finding}: {ratio_text(group)} times the first, p {group.p:.2g}")


def _text(comparison: Comparison, suffix: str, title: str) -> str:
    """Return a comparison as a page or as a table."""
    from mnist_gan.runs.tables import csv_text
    from mnist_gan.sweeps.compare import rows
    from mnist_gan.sweeps.page import page_of

    if suffix == ".csv":
        return csv_text(rows(comparison))
    return page_of(comparison, f"Comparison of {title}", linked=False)
