"""Pages and films of runs, written where people look for them or share them."""

from contextlib import suppress
from pathlib import Path

from mnist_gan.data.images import write_film
from mnist_gan.pages.film import film_frames
from mnist_gan.pages.index_page import NAME, write_index
from mnist_gan.pages.run_page import run_page, write_run_page
from mnist_gan.runs import RunFolder, called, find_run, generator_of_run, is_experiment, list_runs
from mnist_gan.support.console import say
from mnist_gan.support.errors import UserError
from mnist_gan.support.files import write_text
from mnist_gan.support.paths import check_output
from mnist_gan.support.reading import is_inside, reading

FILMS = (".gif", ".webp")
FRAME, LAST = 300, 2000  # milliseconds for each frame, and for the last


def update(reference: str | None, outputs: Path, *, best: bool) -> Path:
    """Bring the page of a run and the index up to date; without a run, all pages and the index.

    Args:
        reference: A run's number, name or folder; None for all runs.
        outputs: The folder of runs.
        best: Whether the playground has the best generator instead of the last.

    Returns:
        The path of the run's page, or of the index.

    Raises:
        UserError: If there is no such run, or it cannot be read.
    """
    return _run_page(_run(reference, outputs), best) if reference else _index(outputs)


def keep_current(run: RunFolder) -> None:
    """Bring a run's page and the index up to date, or say why they are not."""
    try:
        write_run_page(run)
        write_index(run.folder.parent)
    except (OSError, UserError) as error:
        say(f"The page of {run.folder} is not up to date ({error}); mnist-gan browse mends that.")


def share_page(reference: str | None, outputs: Path, output: Path, *, best: bool) -> None:
    """Write a run's page to one file that links to no other.

    Args:
        reference: A run's number, name or folder; None for the newest training.
        outputs: The folder of runs.
        output: The .html file to write.
        best: Whether the playground has the best generator instead of the last.

    Raises:
        UserError: If `output` cannot be written, or there is no such run, or it cannot be read.
    """
    if output.suffix.lower() in FILMS:
        raise UserError(f"{output} would be a film; add --film, or name a page that ends in .html.")
    _check_output(output, ".html")
    run = _run(reference, outputs)
    which = _which(run, best)
    write_text(output, run_page(run, linked=False, best=best))
    say(which)


def share_film(reference: str | None, outputs: Path, output: Path | None) -> Path:
    """Write the film of a run's grids.

    Args:
        reference: A run's number, name or folder; None for the newest training.
        outputs: The folder of runs.
        output: The .gif or .webp file to write; None for film.gif in the run.

    Returns:
        The path of the film.

    Raises:
        UserError: If `output` cannot be written, or there is no such run, or it has no grids.
    """
    run = _run(reference, outputs)
    output = output or run.folder / "film.gif"
    _check_output(output, *FILMS)
    frames = list(film_frames(run))
    if not frames:
        raise UserError(f"{run.folder} has no grids to make a film of.")
    write_film(output, frames, [*[FRAME] * (len(frames) - 1), LAST])
    return output


def _run_page(run: RunFolder, best: bool) -> Path:
    """Write the page of a run and the index it links to; return the page's path."""
    which = _which(run, best)
    write_run_page(run, best=best)
    say(which)
    write_index(run.folder.parent)
    return run.page


def _which(run: RunFolder, best: bool) -> str:
    """Return a sentence that says which generator is in the playground."""
    if not best and not run.generator.is_file():
        return "There is no playground, since there is no generator yet."
    return f"The playground has {called(generator_of_run(run, best=best))}."


def _index(outputs: Path) -> Path:
    """Write the pages that are out of date and the index; return its path."""
    for run in list_runs(outputs):
        with suppress(UserError), reading(run.folder, "run"):  # the index has a note on it
            if is_inside(run.folder, outputs) and not run.is_page_current():
                write_run_page(run)
    for note in write_index(outputs):
        say(f"Left out: {note}")
    return outputs / NAME


def _run(reference: str | None, outputs: Path) -> RunFolder:
    """Return the run that `reference` names; None means the newest training."""
    trainings = (run for run in reversed(list_runs(outputs)) if not is_experiment(run))
    run = find_run(reference, outputs) if reference else next(trainings, None)
    if run is None:
        raise UserError(f"There are no runs in {outputs} yet; 'mnist-gan train' makes one.")
    folder = run.folder
    if not is_inside(folder, folder.parent):
        raise UserError(f"{folder} is a link to another place; name that folder instead.")
    return run


def _check_output(output: Path, *suffixes: str) -> None:
    """Raise UserError if `output` cannot be written, has another suffix or is a run's own page."""
    check_output(output, *suffixes)
    if output.name == "page.html" and (output.parent / "run.json").exists():
        raise UserError(f"{output} is the page of that run; choose another name.")
