"""`mnist-gan lab tips`: a sweep with and without each tip, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mnist_gan.config.loading import load_config
from mnist_gan.evaluation.diagnostics import MISSING, name_of
from mnist_gan.evaluation.table import DIGITS
from mnist_gan.lab.record import report, say_where_to_look
from mnist_gan.lab.tips.model import (
    BASELINE,
    VARIANTS,
    Comparison,
    Outcome,
    compare,
    distances,
    mean_and_std,
)
from mnist_gan.runs import Row, RunFolder, find_run
from mnist_gan.support.console import say
from mnist_gan.support.errors import UserError
from mnist_gan.support.runtime import chosen_backend, fast_precision
from mnist_gan.sweeps import start
from mnist_gan.sweeps.compare import DISTANCE
from mnist_gan.sweeps.plan import Variant
from mnist_gan.sweeps.record import Training, read_record
from mnist_gan.sweeps.train import How

EVAL_SAMPLES = 5000  # generated digits in each online evaluation
EVALUATIONS = 4  # of a training, in addition to the one after the first epoch


def tips(
    names: Sequence[str],
    settings: Mapping[str, Any],
    outputs: Path,
    jobs: int | None,
    *,
    as_json: bool,
    quiet: bool,
) -> int:
    """Train the baseline and each tip with several seeds.

    Args:
        names: Tips; none means all.
        settings: Options of the command: seeds, epochs, data and seed.
        outputs: Folder that holds the run folders.
        jobs: Trainings at once; None for as many as there are cores and memory for.
        as_json: Whether to print the results as JSON.
        quiet: Whether to print nothing for people.

    Returns:
        The exit code.

    Raises:
        UserError: If the data is missing or unusable, or the outputs cannot be written.
    """
    ended = start.new(_plan(names, settings), outputs, start.Where(jobs), _how(quiet))
    _publish(ended.run, as_json=as_json, quiet=quiet)
    return ended.exit_code


def resume(reference: str, outputs: Path, jobs: int | None, *, as_json: bool, quiet: bool) -> int:
    """Go on with tips that were interrupted. Arguments as for `tips`, `reference` as for a run.

    Raises:
        UserError: If there is no such sweep, or it is another kind of sweep.
    """
    run = find_run(reference, outputs)
    if not {_variant(training) for training in read_record(run).trainings} <= set(VARIANTS):
        raise UserError(
            f"{run.folder} has no tips; go on with it by mnist-gan sweep --resume {reference}."
        )
    ended = start.resume(reference, outputs, start.Where(jobs), _how(quiet))
    _publish(ended.run, as_json=as_json, quiet=quiet)
    return ended.exit_code


def _how(quiet: bool) -> How:
    """Return what the sweep does beside training: a tip that diverges is a result."""
    return How(keep_going=True, quiet=quiet, command="lab tips")


def _plan(names: Sequence[str], settings: Mapping[str, Any]) -> start.Plan:
    """Return what is trained: all variants with one seed, then with the next."""
    epochs = settings["epochs"]
    base = load_config(
        "tutorial",
        {
            "name": "lab-tips",
            "data.source": settings["data"],
            "training.epochs": epochs,
            "training.image_every": max(1, epochs // EVALUATIONS),
            "training.eval_samples": EVAL_SAMPLES,
            "training.precision": fast_precision(chosen_backend()),
        },
    )
    chosen = [BASELINE, *(name for name in VARIANTS if name in names)] if names else VARIANTS
    seeds = range(settings["seed"], settings["seed"] + settings["seeds"])
    return start.plan_of(
        base, seeds, [Variant(name, dict(VARIANTS[name].settings)) for name in chosen]
    )


def _variant(training: Training) -> str:
    """Return which of VARIANTS a training is."""
    return training.name.removesuffix(f"-seed-{training.seed}")


def _publish(run: RunFolder, *, as_json: bool, quiet: bool) -> None:
    """Keep and print what came of the trainings so far."""
    from mnist_gan.lab.tips.figures import write_tips

    outcomes = [_outcome(run, training) for training in read_record(run).trainings]
    comparisons = compare(outcomes)
    results = [outcome._asdict() for outcome in outcomes]
    rows = [found._asdict() for found in comparisons]
    if any(outcome.frechet_distance is not None for outcome in outcomes):
        run.write_table("results.csv", results)
        write_tips(run.folder / "tips.png", outcomes)
    if comparisons:
        run.write_table("tips.csv", rows)
        findings = [f"{found.variant} {found.finding}" for found in comparisons]
        run.amend_manifest(verdict="; ".join(findings))
    if not quiet:
        _print_results(outcomes, comparisons)
        if run.page.is_file():
            say_where_to_look(run.page, "the column of findings: which tip does more than seeds do")
    report(run, {}, {"results": results, "tips": rows}, as_json=as_json)


def _outcome(sweep: RunFolder, training: Training) -> Outcome:
    """Return the result of a training from the last row of its history."""
    variant, seconds = _variant(training), round(training.seconds, 1)
    row: Row = {}
    if training.status == "finished":
        run = RunFolder(sweep.folder / training.folder)
        manifest, row = run.manifest(), run.history()[-1]
    if DISTANCE not in row:
        why = training.why or {"finished": "not evaluated"}.get(training.status, training.status)
        return Outcome(variant, training.seed, None, "", why, seconds)
    shares = manifest.data.shares or ()
    missing = [
        str(digit)
        for digit, (name, share) in enumerate(zip(DIGITS, shares, strict=False))
        if row[name] < MISSING * share
    ]
    verdict = name_of(manifest.verdict or "")
    return Outcome(variant, training.seed, row[DISTANCE], " ".join(missing), verdict, seconds)


def _print_results(outcomes: Sequence[Outcome], comparisons: Sequence[Comparison]) -> None:
    """Print the results of the baseline and of each tip, 60 columns wide."""
    baseline = distances(outcomes, BASELINE)
    if len(baseline) > 1:
        mean, std = mean_and_std(baseline)
        say(f"baseline: Fréchet distance {mean:.1f} ± {std:.1f}")
    if comparisons:
        say("tip         distance          ratio to the baseline")
    for found in comparisons:
        interval = f"({found.low:.2f} to {found.high:.2f})"
        say(
            f"{found.variant:10} {found.mean:5.1f} ± {found.std:4.1f} "
            f"{found.ratio:6.2f} {interval:16} {found.finding}"
        )
    for outcome in outcomes:
        missing = f", rarely draws {outcome.missing}" if outcome.missing else ""
        if outcome.verdict not in {"balanced", "waiting", "interrupted"} or missing:
            say(f"{outcome.variant}, seed {outcome.seed}: {outcome.verdict}{missing}")
