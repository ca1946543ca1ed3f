"""`mnist-gan browse`: pages of runs in a browser, or as one file; films."""

from pathlib import Path

import click

from mnist_gan.commands.options import BEST, OUTPUTS
from mnist_gan.support.browser import show_page
from mnist_gan.support.console import print_path, say


@click.command()
@click.argument("run", required=False)
@OUTPUTS
@click.option(
    "--output",
    type=Path,
    metavar="FILE",
    help="One file to share: a page (.html), or with --film a .gif or .webp.",
)
@click.option("--film", is_flag=True, help="Write a film of the run's grids instead of a page.")
@BEST
@click.option("--no-open", is_flag=True, help="Print the path and open no browser.")
def browse(
    run: str | None, outputs: Path, output: Path | None, film: bool, best: bool, no_open: bool
) -> int:
    """Look at runs in a browser: grids, curves, single digits, and a generator to play with.

    RUN is a number, name or folder; left out, all runs side by side (with --output or --film,
    the newest). Pages need no server and no network, and can be mailed.

    Example: mnist-gan browse 7 --output seven.html
    """
    if best and (film or not (run or output)):
        raise click.UsageError("--best chooses the generator in a run's page; name a RUN.")
    if not (run or film or output or outputs.is_dir()):
        say(f"There are no runs in {outputs} yet; 'mnist-gan train' makes one.")
        return 0
    from mnist_gan.pages import publish

    if film:
        print_path(publish.share_film(run, outputs, output))
    elif output:
        publish.share_page(run, outputs, output, best=best)
        print_path(output)
    else:
        path = _other_page(run, outputs) or publish.update(run, outputs, best=best)
        print_path(path)
        if not no_open:
            show_page(path)
    return 0


def _other_page(reference: str | None, outputs: Path) -> Path | None:
    """Return the page of a sweep, brought up to date, or of an experiment; else None."""
    from mnist_gan.runs import find_run, is_experiment, is_sweep
    from mnist_gan.support.reading import is_inside
    from mnist_gan.sweeps.page import write_sweep_page

    if not reference or not is_experiment(run := find_run(reference, outputs)):
        return None
    if is_sweep(run):
        write_sweep_page(run)
        return run.page
    has_page = run.page.is_file() and is_inside(run.page, run.folder)
    return run.page if has_page else None
