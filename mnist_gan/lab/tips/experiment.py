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
from mnist_gan.data.locations import refuse_missing_data
from mnist_gan.data.sources import Dataset
from mnist_gan.evaluation.diagnostics import MISSING, Diagnosis, diagnose
from mnist_gan.lab.record import experiment, report
from mnist_gan.lab.tips.model import (
    BASELINE,
    BASELINE_TIP,
    TIPS,
    Comparison,
    Outcome,
    Tip,
    compare,
    distances,
    mean_and_deviation,
)
from mnist_gan.runs import Row, RunFolder
from mnist_gan.sampling.sampler import copy_generator, sample
from mnist_gan.session.disk import GRID
from mnist_gan.session.plan import data_record, load_images
from mnist_gan.support.console import LOADING, say
from mnist_gan.support.folders import writable_parent
from mnist_gan.support.runtime import fast_precision, start_tensorflow
from mnist_gan.support.units import duration
from mnist_gan.training.build import build_networks, build_trainer

if TYPE_CHECKING:
    import numpy as np

    from mnist_gan.evaluation.online import OnlineEvaluation
    from mnist_gan.training.trainer import Trainer

JUDGED = 5000  # digits of each census
CENSUSES = 4  # of a training, besides the one after the first epoch


def tips(
    names: Sequence[str], settings: Mapping[str, Any], outputs: Path, *, as_json: bool, quiet: bool
) -> int:
    """Train the baseline and each tip with so many seeds; return the exit code."""
    from mnist_gan.lab.tips.figures import write_tips

    variants = [BASELINE, *(name for name in TIPS if not names or name in names)]
    settings = {"tips": variants[1:], **settings}
    data = Data(source=settings["data"])
    writable_parent(outputs)
    refuse_missing_data(data.source)
    if not quiet:
        say(LOADING)
    dataset = load_images(data)
    threads = start_tensorflow()
    outcomes: list[Outcome] = []
    with experiment("lab-tips", settings, data_record(dataset), outputs, threads) as run:
        for outcome in _trainings(run, variants, settings, dataset, quiet):
            outcomes.append(outcome)
            run.write_table("results.csv", [outcome._asdict() for outcome in outcomes])
            write_tips(run.folder / "tips.png", outcomes)
        comparisons = compare(outcomes)
        rows = [{**found._asdict(), "finding": found.finding} for found in comparisons]
        run.write_table("tips.csv", rows)
        told = [f"{found.variant} {found.finding}" for found in comparisons]
        run.amend_manifest(verdict="; ".join(told))
    if not quiet:
        _tell(outcomes, comparisons)
    results = [outcome._asdict() for outcome in outcomes]
    report(run, settings, {"results": results, "tips": rows}, as_json=as_json)
    return 0


def _trainings(
    run: RunFolder,
    variants: Sequence[str],
    settings: Mapping[str, Any],
    dataset: Dataset,
    quiet: bool,
) -> Iterator[Outcome]:
    """Yield what one training after the other comes to: all variants of a seed, then the next."""
    from mnist_gan.evaluation.online import OnlineEvaluation

    online = OnlineEvaluation(None if dataset.is_mnist else dataset.images)
    seeds = range(settings["seed"], settings["seed"] + settings["seeds"])
    pairs = [(variant, seed) for seed in seeds for variant in variants]
    with _watched(len(pairs) * settings["epochs"], quiet) as show:
        for variant, seed in pairs:
            tip = TIPS.get(variant, BASELINE_TIP)
            config = _config(tip, seed, settings["epochs"])
            folder = run.folder / f"{variant}-seed-{seed}"
            folder.mkdir()
            began = time.monotonic()
            trainer = _trainer(tip, config, dataset.images)
            rows: list[Row] = []
            for row in _rows(trainer, config, online, folder / "digits.png"):
                rows.append(row)
                run.write_table(f"{folder.name}/history.csv", rows)
                show(f"{variant}, seed {seed}", row)
            equilibrium = trainer.step.objective.equilibrium
            verdict = diagnose(rows, equilibrium, config, online.shares.tolist())
            yield _outcome(variant, seed, rows[-1], online.shares, verdict, began)


def _config(tip: Tip, seed: int, epochs: int) -> Config:
    """Return the tutorial's config with a tip laid over it."""
    plan = {
        "training.seed": seed,
        "training.epochs": epochs,
        "training.image_every": max(1, epochs // CENSUSES),
        "training.precision": fast_precision(),
    }
    return load_config("tutorial", {**plan, **tip.settings})


def _trainer(tip: Tip, config: Config, images: np.ndarray) -> Trainer:
    """Return the trainer of a config in which a tip is followed, or where it says so, not."""
    from mnist_gan.models.gan import build_gan

    networks = build_networks(config, images)
    if tip.is_frozen:
        build_gan(networks.generator, networks.discriminator)
    return build_trainer(config, images, networks)


def _rows(trainer: Trainer, config: Config, online: OnlineEvaluation, grid: Path) -> Iterator[Row]:
    """Train, and yield a row for each epoch, until the last one or one without numbers."""
    settings = config.training
    for progress in trainer.run(settings.epochs):
        if not progress.epoch_ended:
            continue
        row: Row = {"epoch": progress.epoch, **progress.means}
        if not all(math.isfinite(mean) for mean in progress.means.values()):
            yield row
            return
        if settings.has_grid(progress.epoch):
            images = sample(copy_generator(trainer.step.drawing_generator), JUDGED, settings.seed)
            write_png(grid, tile(images[:GRID], columns=10))
            row |= online.measure(online.look(images))
        yield row


def _outcome(
    variant: str, seed: int, row: Row, shares: np.ndarray, verdict: Diagnosis, began: float
) -> Outcome:
    """Return what a training came to, by the row of its last epoch."""
    distance = row.get("frechet_distance")  # none after losses that are no numbers
    missing = [
        str(digit)
        for digit, share in enumerate(shares)
        if distance is not None and row[f"digit_{digit}"] < MISSING * share
    ]
    seconds = round(time.monotonic() - began, 1)
    return Outcome(variant, seed, distance, " ".join(missing), verdict.name, seconds)


@contextmanager
def _watched(epochs: int, quiet: bool) -> Iterator[Callable[[str, Row], None]]:
    """Yield what shows a row: on a bar over all epochs, or as a line where there is no terminal."""
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
                judged = f", Fréchet distance {distance:.1f}" if distance is not None else ""
                losses = f"D {row['discriminator_loss']:.3f} G {row['generator_loss']:.3f}"
                say(f"{training}, epoch {row['epoch']:.0f}: {losses}{judged}; {left} left")

        yield show


def _tell(outcomes: Sequence[Outcome], comparisons: Sequence[Comparison]) -> None:
    """Say what the baseline and each tip came to, in 60 columns."""
    usual = distances(outcomes, BASELINE)
    if len(usual) > 1:
        mean, deviation = mean_and_deviation(usual)
        say(f"baseline: a Fréchet distance of {mean:.1f} ± {deviation:.1f}")
    say("tip         distance          times the baseline's")
    for found in comparisons:
        interval = f"({found.low:.2f} to {found.high:.2f})"
        say(
            f"{found.variant:10} {found.mean:5.1f} ± {found.std:4.1f} "
            f"{found.ratio:6.2f} {interval:16} {found.finding}"
        )
    for outcome in outcomes:
        missing = f", hardly draws {outcome.missing}" if outcome.missing else ""
        if outcome.verdict != "balanced" or missing:
            say(f"{outcome.variant}, seed {outcome.seed}: {outcome.verdict}{missing}")
