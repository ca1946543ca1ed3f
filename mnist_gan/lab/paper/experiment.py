"""`mnist-gan lab paper`: trains, measures and keeps the results."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from mnist_gan.config.loading import load_config
from mnist_gan.config.schema import Data
from mnist_gan.data.sources import load_mnist
from mnist_gan.evaluation.neighbours import nearest
from mnist_gan.evaluation.parzen import SIGMAS, Parzen
from mnist_gan.lab.paper.model import (
    CENTRES,
    PUBLISHED,
    Split,
    at_edge,
    kmeans_centres,
    parzen_estimate,
    random_subset,
    split,
    split_mnist,
    uniform_noise,
)
from mnist_gan.lab.paper.page import write_page
from mnist_gan.lab.record import check, experiment, report, say_where_to_look
from mnist_gan.runs import DataRecord, RunFolder, called, find_generator, run_of_generator
from mnist_gan.sampling.numpy_generator import NumpyGenerator
from mnist_gan.sampling.sampler import generate, open_generator, sample
from mnist_gan.session.ended import DIVERGED
from mnist_gan.session.images import data_record, load_images
from mnist_gan.session.start import train
from mnist_gan.support.assets import MNIST
from mnist_gan.support.console import Work, say
from mnist_gan.support.errors import UserError
from mnist_gan.support.runtime import start_backend
from mnist_gan.support.units import counted

OURS = "generated digits"
ROWS, COLUMNS = 6, 8  # of samples; each row ends with the training image nearest to its last one
WALKS, STEPS = 5, 12
MIN_CONFIDENCE = 0.95  # of the classifier in the digit at either end of a walk
CANDIDATES = 500  # latents, among which the ends of walks are chosen
FEWEST = 1500  # real images: fewer would leave too few centres for the windows


def paper(
    model: str | None,
    reference: str,
    overrides: Mapping[str, Any],
    settings: Mapping[str, Any],
    outputs: Path,
    *,
    as_json: bool,
    quiet: bool,
) -> int:
    """Train a generator, or open a trained one, and evaluate it as in the paper.

    Args:
        model: A run or a .keras file; None trains a new generator.
        reference: Name or file of the config to train with.
        overrides: Settings that replace those of the config.
        settings: Options of the evaluation: data (None: those of the training) and seed.
        outputs: Folder that holds the run folders.
        as_json: Whether to print the results as JSON.
        quiet: Whether to print nothing for people.

    Returns:
        The exit code; that of the training if the training does not finish.

    Raises:
        UserError: If there is no such model, config or data, or there are too few images.
    """
    threads = 0
    if model is None:
        run, exit_code = train(load_config(reference, overrides), outputs, quiet=quiet)
        if exit_code:
            if exit_code != DIVERGED:
                say(f"Once it is trained, measure it with: mnist-gan lab paper {run.folder}")
            return exit_code
        model, threads = str(run.folder), run.manifest().threads  # fixed for this process
    path = find_generator(model, outputs)
    generator = open_generator(path)
    if generator.note:
        say(generator.note)
    data = _data(run_of_generator(path), settings["data"])
    check(outputs, data.source, quiet=quiet or threads > 0)
    real, record = _real(data)
    threads = start_backend(threads=threads)
    settings = {"model": str(path), **settings}
    with experiment("lab-paper", settings, record, outputs, threads) as kept:
        estimates = _measure(kept, generator, real, settings["seed"], quiet)
        table = _table(estimates)
        notes = _notes(estimates[OURS], called(path), is_mnist=record.is_mnist)
        write_page(kept, notes, table)
    if not quiet:
        _print_results(table, notes)
        say_where_to_look(
            kept.page,
            "the samples: each row ends with the training image nearest to its last digit",
        )
    report(kept, settings, {"table": table}, as_json=as_json)
    return 0


def _measure(
    kept: RunFolder, generator: NumpyGenerator, real: Split, seed: int, quiet: bool
) -> dict[str, Parzen]:
    """Return the estimates by name; tables and figures go into the run folder."""
    from mnist_gan.lab.paper.figures import write_widths

    estimates = dict(_parzen_estimates(generator, real, quiet))
    kept.write_table("table.csv", _table(estimates))
    kept.write_table("widths.csv", _widths(estimates))
    write_widths(kept.folder / "widths.png", estimates)
    _draw_samples(kept, generator, real, seed)
    _draw_walks(kept, generator, seed)
    ours = estimates[OURS]
    summary = f"{ours.mean:.0f} ± {ours.error:.0f} nats at sigma {ours.sigma:.2f}"
    kept.amend_manifest(verdict=summary)
    return estimates


def _data(run: RunFolder | None, source: str | None) -> Data:
    """Return the data for the evaluation: `source` if given, else the data of the run."""
    return Data(source=source) if source else run.config().data if run else Data()


def _real(data: Data) -> tuple[Split, DataRecord]:
    """Return the real images for the evaluation, and their record."""
    if mnist := load_mnist(data.source):
        record = DataRecord(source="MNIST", count=len(mnist[0]), sha256=MNIST)
        return split_mnist(*mnist), record
    dataset = load_images(data)
    if len(dataset.images) < FEWEST:
        found = counted(len(dataset.images), "image")
        raise UserError(f"{dataset.source} holds {found}; {FEWEST:,} are needed.")
    return split(dataset.images), data_record(dataset)


def _parzen_estimates(
    generator: NumpyGenerator, real: Split, quiet: bool
) -> Iterator[tuple[str, Parzen]]:
    """Yield name and Parzen estimate of generated digits and of three baselines."""
    makers: dict[str, Callable[[], np.ndarray]] = {
        OURS: lambda: sample(generator, CENTRES),
        "training images": lambda: random_subset(real.train),
        "centres of k-means": lambda: kmeans_centres(real.train),
        "noise": lambda: uniform_noise(real.train),
    }
    with Work("Parzen windows", len(makers), "sets", quiet=quiet) as work:
        for name, make in makers.items():
            work.advance(0, f"Parzen windows around {name}")
            yield name, parzen_estimate(make(), real)
            work.advance()


def _table(estimates: Mapping[str, Parzen]) -> list[dict[str, Any]]:
    """Return the paper's table, followed by the rows measured here."""
    published = [(name, "paper", *numbers, None) for name, numbers in PUBLISHED.items()]
    here = [(name, "here", e.mean, e.error, e.sigma) for name, e in estimates.items()]
    columns = ("model", "source", "mean", "error", "sigma")
    return [dict(zip(columns, row, strict=True)) for row in (*published, *here)]


def _widths(estimates: Mapping[str, Parzen]) -> list[dict[str, float]]:
    """Return a table row for each width: the log-likelihoods of the validation images."""
    curves = {name: found.curve for name, found in estimates.items()}
    return [
        {"sigma": sigma, **{name: curve[index] for name, curve in curves.items()}}
        for index, sigma in enumerate(SIGMAS)
    ]


def _draw_samples(run: RunFolder, generator: NumpyGenerator, real: Split, seed: int) -> None:
    """Draw random samples, and after each row the training image nearest to its last sample."""
    from mnist_gan.lab.paper.figures import write_samples

    drawn = sample(generator, ROWS * COLUMNS, seed).reshape(ROWS, COLUMNS, -1)
    indices, distances = nearest(drawn[:, -1], real.train, 1)
    write_samples(run.folder / "samples.png", np.concatenate([drawn, real.train[indices]], axis=1))
    rows = [
        {"sample": row * COLUMNS + COLUMNS - 1, "training_image": int(index), "distance": distance}
        for row, (index, distance) in enumerate(zip(indices[:, 0], distances[:, 0], strict=True))
    ]
    run.write_table("samples.csv", rows)


def _draw_walks(run: RunFolder, generator: NumpyGenerator, seed: int) -> None:
    """Draw walks from one digit to another, and record how a classifier labels each step."""
    from mnist_gan.evaluation.classifiers import Classifier
    from mnist_gan.lab.paper.figures import write_walks

    classifier, latents = Classifier(), generator.latents(seed, CANDIDATES)
    predicted = classifier(generate(generator, latents))
    ends: dict[int, int] = {}  # digit: index of the first latent that clearly gives it
    for index in np.flatnonzero(predicted.confidence >= MIN_CONFIDENCE):
        ends.setdefault(int(predicted.digits[index]), int(index))
    indices = list(ends.values()) if len(ends) > 1 else [0, 1]
    paths = [generator.walk(latents[list(pair)], STEPS) for pair in pairwise(indices)]
    images = generate(generator, np.concatenate(paths[:WALKS]))
    write_walks(run.folder / "walks.png", images.reshape(-1, STEPS, images.shape[1]))
    predicted = classifier(images)
    pairs = zip(predicted.digits, predicted.confidence, strict=True)
    rows = [
        {"walk": i // STEPS, "step": i % STEPS, "digit": int(digit), "confidence": confidence}
        for i, (digit, confidence) in enumerate(pairs)
    ]
    run.write_table("walks.csv", rows)


def _notes(ours: Parzen, name: str, *, is_mnist: bool) -> list[str]:
    """Return sentences on what was measured, and how far it can be trusted."""
    notes = [f"{OURS.capitalize()}: by {name}"]
    if at_edge(ours):
        notes.append(
            f"The best width, {ours.sigma:.2f}, is the smallest or largest that the paper tries; a "
            "better one may exist outside this range."
        )
    if not is_mnist:
        notes.append("These images are not MNIST's, so the paper's rows are not comparable.")
    return notes


def _print_results(table: list[dict[str, Any]], notes: list[str]) -> None:
    """Print the table, 60 columns wide, and the notes."""
    say(f"{'log-likelihood of test images, nats':40}   mean         sigma")
    for row in table:
        sigma = "" if row["sigma"] is None else f"{row['sigma']:.3f}"
        model = f"{row['model']}, 2014" if row["source"] == "paper" else row["model"]
        say(f"{model:40} {row['mean']:6.1f} ± {row['error']:.1f}  {sigma}".rstrip())
    for note in notes:
        say(note)
