"""`mnist-gan lab gaussian`: trains once or several times, and keeps the results."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from mnist_gan.lab.gaussian.densities import LIMITS, NAMES, Course, Row, Target, missed
from mnist_gan.lab.record import experiment, report
from mnist_gan.runs import DataRecord, RunFolder
from mnist_gan.support.console import LOADING, Work, say
from mnist_gan.support.files import whole_file
from mnist_gan.support.runtime import cores, start_tensorflow
from mnist_gan.support.units import counted

THREADS = 1  # of one run: its products are small, and several run side by side


def gaussian(settings: Mapping[str, Any], outputs: Path, *, as_json: bool, quiet: bool) -> int:
    """Learn a density on the line once or several times; return the exit code."""
    from mnist_gan.lab.gaussian.figures import write_panel

    target = Target(settings["target"], settings["mean"], settings["std"])
    data = DataRecord(source=str(target), count=0, sha256="")
    with experiment("lab-gaussian", settings, data, outputs, THREADS) as run:
        if not quiet:
            say(LOADING)
        courses, results = [], []
        for course in _courses(run, settings, target, quiet):
            courses.append(course)
            results.append(_result(course, target))
            run.write_table("results.csv", results)
        passed = sum(not result["missed"] for result in results)
        match = "matches" if 1 in {passed, len(results)} else "match"
        verdict = f"{passed} of {counted(len(results), 'run')} {match} {target}"
        run.amend_manifest(verdict=verdict)
        write_panel(run.folder / "runs.png", courses, target)
    if not quiet:
        _tell(courses, target, verdict)
    report(run, settings, {"passed": passed, "results": results}, as_json=as_json)
    return 0


def _courses(
    run: RunFolder, settings: Mapping[str, Any], target: Target, quiet: bool
) -> Iterator[Course]:
    """Yield the trainings: one alone, shown as it goes, or several side by side."""
    seeds = range(settings["seed"], settings["seed"] + settings["runs"])
    given = run, settings["recipe"], settings["rounds"], target
    if len(seeds) == 1:
        yield _learn(*given, seeds[0], quiet)
        return
    import joblib

    parallel = joblib.Parallel(min(len(seeds), cores()), return_as="generator")
    jobs = parallel(joblib.delayed(_learn)(*given, seed, quiet=True) for seed in seeds)
    with Work("learning the density", len(seeds), "runs", quiet=quiet) as work:
        for course in jobs:
            yield course
            work.advance()


def _learn(
    run: RunFolder, name: str, rounds: int | None, target: Target, seed: int, quiet: bool
) -> Course:
    """Train once, in whatever process this is, and keep what it came to in a folder of its seed."""
    from mnist_gan.lab.gaussian.figures import write_density, write_density_film, write_moments

    start_tensorflow(THREADS)
    from mnist_gan.lab.gaussian.model import RECIPES, learn

    recipe = RECIPES[name]
    recipe = recipe._replace(rounds=rounds or recipe.rounds)
    with _watched(recipe.rounds, quiet) as show:
        course = learn(recipe, target, seed, show)
    folder = run.folder / f"seed-{seed}"
    folder.mkdir()
    run.write_table(f"{folder.name}/history.csv", course.rows)
    with whole_file(folder / "samples.npy") as temporary, temporary.open("wb") as file:
        np.save(file, course.samples)
    write_density(folder / "density.png", course, target)
    write_density_film(folder / "density.gif", course, target)
    write_moments(folder / "moments.png", course, target)
    return course


@contextmanager
def _watched(rounds: int, quiet: bool) -> Iterator[Callable[[Row], None]]:
    """Yield what shows a look: on a bar, or where there is no terminal one in ten as a line."""
    from tqdm import tqdm

    terminal = sys.stderr.isatty()
    with tqdm(total=rounds, unit="round", disable=quiet or not terminal, dynamic_ncols=True) as bar:

        def show(row: Row) -> None:
            looks = f"mean {row['mean']:.2f}, deviation {row['std']:.2f}, KS {row['ks']:.3f}"
            bar.set_description_str(looks, refresh=False)
            bar.update(int(row["round"]) - bar.n)
            if not (quiet or terminal) and row["round"] % (rounds / 5) == 0:
                say(f"round {row['round']:,.0f} of {rounds:,}: {looks}")

        yield show


def _result(course: Course, target: Target) -> dict[str, Any]:
    """Return the row of a training in the table of results."""
    numbers = course.fit._asdict().items()
    return {
        "seed": course.seed,
        **{name: number if math.isfinite(number) else None for name, number in numbers},
        "seconds": round(course.seconds, 1),
        "missed": " ".join(missed(course.fit, target)),
    }


def _tell(courses: list[Course], target: Target, verdict: str) -> None:
    """Say the table and what it comes to, in 60 columns."""
    say("seed     mean     std    W1    KS     s  misses")
    for course in courses:
        found = course.fit
        wanting = " ".join(NAMES[name] for name in missed(found, target))
        say(
            f"{course.seed:4} {found.mean:8.3f} {found.std:7.3f} {found.wasserstein:5.3f} "
            f"{found.ks:5.3f} {course.seconds:5.1f}  {wanting}".rstrip()
        )
    say(
        f"{verdict}: mean, deviation and W1 within {LIMITS['mean']} deviations, KS at most "
        f"{LIMITS['ks']}."
    )
