"""`mnist-gan lab gaussian`: trains once or several times, and keeps the results."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from mnist_gan.lab.gaussian.densities import LIMITS, NAMES, Result, Row, Target, missed
from mnist_gan.lab.gaussian.recipes import RECIPES, Recipe, changed
from mnist_gan.lab.gaussian.start import start_of
from mnist_gan.lab.gaussian.targets import open_target
from mnist_gan.lab.play.page import write_run_game
from mnist_gan.lab.record import experiment, report, say_where_to_look
from mnist_gan.runs import DataRecord, RunFolder
from mnist_gan.support.console import LOADING, Work, say
from mnist_gan.support.files import whole_file
from mnist_gan.support.runtime import cores, start_backend
from mnist_gan.support.units import counted

THREADS = 1  # per training: its matrices are small, and several trainings run in parallel


def gaussian(settings: Mapping[str, Any], outputs: Path, *, as_json: bool, quiet: bool) -> int:
    """Learn a density on the line once or several times.

    Args:
        settings: Options of the command: target, mean, std, recipe, changes of it, rounds, seed and
            runs.
        outputs: Folder that holds the run folders.
        as_json: Whether to print the results as JSON.
        quiet: Whether to print nothing for people.

    Returns:
        The exit code.
    """
    from mnist_gan.lab.gaussian.figures import write_panel

    target = open_target(settings["target"], settings["mean"], settings["std"])
    settings = {**settings, "mean": target.mean, "std": target.std}
    rounds = {"rounds": settings["rounds"]} if settings["rounds"] else {}
    recipe = changed(RECIPES[settings["recipe"]], settings["changes"] | rounds)
    seeds = range(settings["seed"], settings["seed"] + settings["runs"])
    data = DataRecord(source=str(target), count=0, sha256="")
    with experiment("lab-gaussian", settings, data, outputs, THREADS) as run:
        if not quiet:
            say(LOADING)
        results, rows = [], []
        for result in _train_all(run, recipe, target, seeds, quiet):
            results.append(result)
            rows.append(_table_row(result, target))
            run.write_table("results.csv", rows)
        passed = sum(not row["missed"] for row in rows)
        match = "matches" if 1 in {passed, len(rows)} else "match"
        summary = f"{passed} of {counted(len(rows), 'run')} {match} {target}"
        run.amend_manifest(verdict=summary)
        changes = ", with settings changed" if settings["changes"] | rounds else ""
        title = f"Recipe {settings['recipe']}{changes}: {summary}"
        write_panel(run.folder / "runs.png", results, target, title)
        write_run_game(run, start_of(recipe, target, settings["seed"]))
    if not quiet:
        _print_results(results, target, summary)
        say_where_to_look(run.page, "how the orange density becomes the blue one: press Play")
    report(run, settings, {"passed": passed, "results": rows}, as_json=as_json)
    return 0


def _train_all(
    run: RunFolder, recipe: Recipe, target: Target, seeds: range, quiet: bool
) -> Iterator[Result]:
    """Yield the result of each seed: one training with progress shown, or several in parallel."""
    given = run, recipe, target
    if len(seeds) == 1:
        yield _train_and_save(*given, seeds[0], quiet)
        return
    import joblib

    parallel = joblib.Parallel(min(len(seeds), cores()), return_as="generator")
    jobs = parallel(joblib.delayed(_train_and_save)(*given, seed, quiet=True) for seed in seeds)
    with Work("learning the density", len(seeds), "runs", quiet=quiet) as work:
        for result in jobs:
            yield result
            work.advance()


def _train_and_save(
    run: RunFolder, recipe: Recipe, target: Target, seed: int, quiet: bool
) -> Result:
    """Train once, in this process or a worker, and save the result in the folder of its seed."""
    from mnist_gan.lab.gaussian.figures import write_density, write_density_film, write_moments

    start_backend(threads=THREADS, device="cpu")  # a GPU takes four times as long
    from mnist_gan.lab.gaussian.model import learn

    with _progress(recipe.rounds, quiet) as show:
        result = learn(recipe, target, seed, show)
    folder = run.folder / f"seed-{seed}"
    folder.mkdir()
    run.write_table(f"{folder.name}/history.csv", result.history)
    with whole_file(folder / "samples.npy") as temporary, temporary.open("wb") as file:
        np.save(file, result.samples)
    write_density(folder / "density.png", result, target)
    write_density_film(folder / "density.gif", result, target)
    write_moments(folder / "moments.png", result, target)
    return result


@contextmanager
def _progress(rounds: int, quiet: bool) -> Iterator[Callable[[Row], None]]:
    """Yield a function that shows an evaluation: on a bar, or every tenth as a line."""
    from tqdm import tqdm

    terminal = sys.stderr.isatty()
    with tqdm(total=rounds, unit="round", disable=quiet or not terminal, dynamic_ncols=True) as bar:

        def show(row: Row) -> None:
            values = f"mean {row['mean']:.2f}, std {row['std']:.2f}, KS {row['ks']:.3f}"
            bar.set_description_str(values, refresh=False)
            bar.update(int(row["round"]) - bar.n)
            if not (quiet or terminal) and row["round"] % (rounds / 5) == 0:
                say(f"round {row['round']:,.0f} of {rounds:,}: {values}")

        yield show


def _table_row(result: Result, target: Target) -> dict[str, Any]:
    """Return the row of a training in the table of results."""
    numbers = result.fit._asdict().items()
    return {
        "seed": result.seed,
        **{name: number if math.isfinite(number) else None for name, number in numbers},
        "seconds": round(result.seconds, 1),
        "missed": " ".join(missed(result.fit, target)),
    }


def _print_results(results: list[Result], target: Target, summary: str) -> None:
    """Print the table, 60 columns wide, and the summary."""
    say("seed     mean     std    W1    KS     s  misses")
    for result in results:
        found = result.fit
        exceeded = " ".join(NAMES[name] for name in missed(found, target))
        say(
            f"{result.seed:4} {found.mean:8.3f} {found.std:7.3f} {found.wasserstein:5.3f} "
            f"{found.ks:5.3f} {result.seconds:5.1f}  {exceeded}".rstrip()
        )
    say(
        f"{summary}: limits are {LIMITS['mean']} standard deviations for mean, std and W1, and "
        f"{LIMITS['ks']} for KS."
    )
