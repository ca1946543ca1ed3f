"""`mnist-gan lab tips`: trains with and without each tip, and keeps the results."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mnist_gan.config.loading import load_config
from mnist_gan.config.schema import Config, Data
from mnist_gan.data.images import tile, write_png
from mnist_gan.data.sources import Dataset
from mnist_gan.evaluation.diagnostics import MISSING, Diagnosis, diagnose
from mnist_gan.lab.record import check, experiment, report
from mnist_gan.lab.tips.model import (
    BASELINE,
    BASELINE_TIP,
    TIPS,
    Comparison,
    Outcome,
    Tip,
    compare,
    distances,
    mean_and_std,
)
from mnist_gan.runs import Row, RunFolder
from mnist_gan.sampling.sampler import copy_generator, sample
from mnist_gan.session.disk import GRID
from mnist_gan.session.images import data_record, load_images
from mnist_gan.support.console import say
from mnist_gan.support.runtime import chosen_backend, fast_precision, start_backend
from mnist_gan.support.units import duration
from mnist_gan.training.build import build_networks, build_trainer

if TYPE_CHECKING:
    import numpy as np

    from mnist_gan.evaluation.online import OnlineEvaluation
    from mnist_gan.training.trainer import Trainer

EVAL_SAMPLES = 5000  # generated digits in each online evaluation
EVALUATIONS = 4  # of a training, in addition to the one after the first epoch


def tips(
    names: Sequence[str], settings: Mapping[str, Any], outputs: Path, *, as_json: bool, quiet: bool
) -> int:
    """Train the baseline and each tip with several seeds.

    Args:
        names: Keys of TIPS; none means all.
        settings: Options of the command: seeds, epochs, data and seed.
        outputs: Folder that holds the run folders.
        as_json: Whether to print the results as JSON.
        quiet: Whether to print nothing for people.

    Returns:
        The exit code.

    Raises:
        UserError: If the data is missing or unusable, or the outputs cannot be written.
    """
    from mnist_gan.lab.tips.figures import write_tips

    variants = [BASELINE, *(name for name in TIPS if not names or name in names)]
    settings = {"tips": variants[1:], **settings}
    data = Data(source=settings["data"])
    check(outputs, data.source, quiet=quiet)
    dataset = load_images(data)
    threads = start_backend()
    outcomes: list[Outcome] = []
    with experiment("lab-tips", settings, data_record(dataset), outputs, threads) as run:
        for outcome in _train_all(run, variants, settings, dataset, quiet):
            outcomes.append(outcome)
            run.write_table("results.csv", [outcome._asdict() for outcome in outcomes])
            write_tips(run.folder / "tips.png", outcomes)
        comparisons = compare(outcomes)
        rows = [{**found._asdict(), "finding": found.finding} for found in comparisons]
        run.write_table("tips.csv", rows)
        findings = [f"{found.variant} {found.finding}" for found in comparisons]
        run.amend_manifest(verdict="; ".join(findings))
    if not quiet:
        _print_results(outcomes, comparisons)
    results = [outcome._asdict() for outcome in outcomes]
    report(run, settings, {"results": results, "tips": rows}, as_json=as_json)
    return 0


def _train_all(
    run: RunFolder,
    variants: Sequence[str],
    settings: Mapping[str, Any],
    dataset: Dataset,
    quiet: bool,
) -> Iterator[Outcome]:
    """Yield the result of each training: all variants of one seed, then those of the next."""
    from mnist_gan.evaluation.online import OnlineEvaluation

    online = OnlineEvaluation(None if dataset.is_mnist else dataset.images)
    seeds = range(settings["seed"], settings["seed"] + settings["seeds"])
    pairs = [(variant, seed) for seed in seeds for variant in variants]
    with _progress(len(pairs) * settings["epochs"], quiet) as show:
        for variant, seed in pairs:
            tip = TIPS.get(variant, BASELINE_TIP)
            config = _config(tip, seed, settings["epochs"])
            folder = run.folder / f"{variant}-seed-{seed}"
            folder.mkdir()
            began = time.monotonic()
            trainer = _trainer(tip, config, dataset.images)
            history: list[Row] = []
            for row in _train(trainer, config, online, folder / "digits.png"):
                history.append(row)
                run.write_table(f"{folder.name}/history.csv", history)
                show(f"{variant}, seed {seed}", row)
            equilibrium = trainer.step.objective.equilibrium
            diagnosis = diagnose(history, equilibrium, config, online.shares.tolist())
            yield _outcome(variant, seed, history[-1], online.shares, diagnosis, began)


def _config(tip: Tip, seed: int, epochs: int) -> Config:
    """Return the tutorial's config with the settings of a tip."""
    changes = {
        "training.seed": seed,
        "training.epochs": epochs,
        "training.image_every": max(1, epochs // EVALUATIONS),
        "training.precision": fast_precision(chosen_backend()),
    }
    return load_config("tutorial", {**changes, **tip.settings})


def _trainer(tip: Tip, config: Config, images: np.ndarray) -> Trainer:
    """Return the trainer of a tip, with D frozen too early if the tip says so."""
    from mnist_gan.models.gan import build_gan

    networks = build_networks(config, images)
    if tip.is_frozen:
        build_gan(networks.generator, networks.discriminator)
    return build_trainer(config, images, networks)


def _train(trainer: Trainer, config: Config, online: OnlineEvaluation, grid: Path) -> Iterator[Row]:
    """Train, and yield a row of the history per epoch; stop after non-finite losses."""
    settings = config.training
    for progress in trainer.run(settings.epochs):
        if not progress.epoch_ended:
            continue
        row: Row = {"epoch": progress.epoch, **progress.means}
        if not all(math.isfinite(mean) for mean in progress.means.values()):
            yield row
            return
        if settings.has_grid(progress.epoch):
            generator = copy_generator(trainer.step.drawing_generator)
            images = sample(generator, EVAL_SAMPLES, settings.seed)
            write_png(grid, tile(images[:GRID], columns=10))
            row |= online.measure(online.classify(images))
        yield row


def _outcome(
    variant: str, seed: int, row: Row, shares: np.ndarray, diagnosis: Diagnosis, began: float
) -> Outcome:
    """Return the result of a training from the row of its last epoch."""
    distance = row.get("frechet_distance")  # none after non-finite losses
    missing = [
        str(digit)
        for digit, share in enumerate(shares)
        if distance is not None and row[f"digit_{digit}"] < MISSING * share
    ]
    seconds = round(time.monotonic() - began, 1)
    return Outcome(variant, seed, distance, " ".join(missing), diagnosis.name, seconds)


@contextmanager
def _progress(epochs: int, quiet: bool) -> Iterator[Callable[[str, Row], None]]:
    """Yield a function that shows an epoch: on a bar over all epochs, or as a line."""
    from tqdm import tqdm

    terminal = sys.stderr.isatty()
    layout = "{desc} {bar} {n_fmt}/{total_fmt} epochs, {remaining} left"
    began = time.monotonic()
    with tqdm(
        total=epochs, disable=quiet or not terminal, dynamic_ncols=True, bar_format=layout
    ) as bar:
        done = 0

        def show(training: str, row: Row) -> None:
            nonlocal done
            done += 1
            bar.set_description_str(training, refresh=False)
            bar.update()
            if not (quiet or terminal):
                left = duration((time.monotonic() - began) / done * (epochs - done))
                distance = row.get("frechet_distance")
                measured = f", Fréchet distance {distance:.1f}" if distance is not None else ""
                losses = f"D {row['discriminator_loss']:.3f} G {row['generator_loss']:.3f}"
                say(f"{training}, epoch {row['epoch']:.0f}: {losses}{measured}; {left} left")

        yield show


def _print_results(outcomes: Sequence[Outcome], comparisons: Sequence[Comparison]) -> None:
    """Print the results of the baseline and of each tip, 60 columns wide."""
    baseline = distances(outcomes, BASELINE)
    if len(baseline) > 1:
        mean, std = mean_and_std(baseline)
        say(f"baseline: Fréchet distance {mean:.1f} ± {std:.1f}")
    say("tip         distance          ratio to the baseline")
    for found in comparisons:
        interval = f"({found.low:.2f} to {found.high:.2f})"
        say(
            f"{found.variant:10} {found.mean:5.1f} ± {found.std:4.1f} "
            f"{found.ratio:6.2f} {interval:16} {found.finding}"
        )
    for outcome in outcomes:
        missing = f", rarely draws {outcome.missing}" if outcome.missing else ""
        if outcome.verdict != "balanced" or missing:
            say(f"{outcome.variant}, seed {outcome.seed}: {outcome.verdict}{missing}")
