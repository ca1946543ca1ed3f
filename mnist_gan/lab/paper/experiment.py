"""`mnist-gan lab paper`: trains, measures and keeps the results."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from mnist_gan.config.loading import load_config
from mnist_gan.config.schema import Data
from mnist_gan.data.locations import refuse_missing_data
from mnist_gan.data.sources import load_mnist
from mnist_gan.evaluation.metrics import SIGMAS, Parzen, nearest
from mnist_gan.lab.paper.model import (
    CENTRES,
    PUBLISHED,
    Split,
    at_edge,
    centres_of,
    noise_like,
    some_of,
    split,
    split_mnist,
    window,
)
from mnist_gan.lab.record import experiment, report
from mnist_gan.runs import DataRecord, RunFolder, called, find_generator, run_of
from mnist_gan.sampling.numpy_layers import NumpyGenerator
from mnist_gan.sampling.sampler import generate, open_generator, sample
from mnist_gan.session.plan import data_record, load_images
from mnist_gan.session.result import DIVERGED
from mnist_gan.session.start import train
from mnist_gan.support.assets import MNIST
from mnist_gan.support.console import LOADING, Work, say
from mnist_gan.support.errors import UserError
from mnist_gan.support.folders import writable_parent
from mnist_gan.support.runtime import start_tensorflow
from mnist_gan.support.units import counted

OURS = "generated digits"
ROWS, COLUMNS = 6, 8  # of samples, beside the nearest training image of the last in each row
WALKS, STEPS = 5, 12
SURE = 0.95  # of a digit at either end of a walk
TRIED = 500  # latents, among which ends of walks are looked for
FEWEST = 1500  # real images: less would leave too few to put windows around


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
    """Train, or take a generator that is trained, and measure it as the paper does."""
    from mnist_gan.lab.paper.figures import write_widths

    threads = 0
    if model is None:
        config = load_config(reference, overrides)
        run, exit_code = train(config, outputs, quiet=quiet)
        if exit_code == DIVERGED:
            return exit_code
        if exit_code:
            say(f"Once it is trained, measure it with: mnist-gan lab paper {run.folder}")
            return exit_code
        model, threads = str(run.folder), run.manifest().threads  # TensorFlow's, which stay
    path = find_generator(model, outputs)
    generator = open_generator(path)
    data = _data(run_of(path), settings["data"])
    writable_parent(outputs)
    refuse_missing_data(data.source)
    if not quiet and not threads:
        say(LOADING)
    real, record = _real(data)
    threads = start_tensorflow(threads)
    settings = {"model": str(path), **settings}
    with experiment("lab-paper", settings, record, outputs, threads) as kept:
        windows = dict(_windows(generator, real, quiet))
        table = _table(windows)
        kept.write_table("table.csv", table)
        kept.write_table("widths.csv", _widths(windows))
        write_widths(kept.folder / "widths.png", windows)
        _draw_samples(kept, generator, real, settings["seed"])
        _draw_walks(kept, generator, settings["seed"])
        ours = windows[OURS]
        verdict = f"{ours.mean:.0f} ± {ours.error:.0f} nats at sigma {ours.sigma:.2f}"
        kept.amend_manifest(verdict=verdict)
    if not quiet:
        _tell(table, windows, called(path), is_mnist=record.is_mnist)
    report(kept, settings, {"table": table}, as_json=as_json)
    return 0


def _data(run: RunFolder | None, source: str | None) -> Data:
    """Return the data to measure with: what is asked for, else what the run was trained on."""
    return Data(source=source) if source else run.config().data if run else Data()


def _real(data: Data) -> tuple[Split, DataRecord]:
    """Return the real images to measure with."""
    if mnist := load_mnist(data.source):
        record = DataRecord(source="MNIST", count=len(mnist[0]), sha256=MNIST)
        return split_mnist(*mnist), record
    dataset = load_images(data)
    if len(dataset.images) < FEWEST:
        held = counted(len(dataset.images), "image")
        raise UserError(f"{dataset.source} holds {held}; {FEWEST:,} are needed.")
    return split(dataset.images), data_record(dataset)


def _windows(generator: NumpyGenerator, real: Split, quiet: bool) -> Iterator[tuple[str, Parzen]]:
    """Yield what windows come to: around generated digits, and around what keeps them honest."""
    makers: dict[str, Callable[[], np.ndarray]] = {
        OURS: lambda: sample(generator, CENTRES),
        "training images": lambda: some_of(real.train),
        "centres of k-means": lambda: centres_of(real.train),
        "noise": lambda: noise_like(real.train),
    }
    with Work("Parzen windows", len(makers), "sets", quiet=quiet) as work:
        for name, make in makers.items():
            work.advance(0, f"Parzen windows around {name}")
            yield name, window(make(), real)
            work.advance()


def _table(windows: Mapping[str, Parzen]) -> list[dict[str, Any]]:
    """Return the paper's table with the rows measured here below it."""
    theirs = [(name, "paper", *numbers, None) for name, numbers in PUBLISHED.items()]
    here = [(name, "here", w.mean, w.error, w.sigma) for name, w in windows.items()]
    columns = ("model", "source", "mean", "error", "sigma")
    return [dict(zip(columns, row, strict=True)) for row in (*theirs, *here)]


def _widths(windows: Mapping[str, Parzen]) -> list[dict[str, float]]:
    """Return a row for each width: the likelihood of the validation images."""
    curves = {name: found.curve for name, found in windows.items()}
    return [
        {"sigma": sigma, **{name: curve[place] for name, curve in curves.items()}}
        for place, sigma in enumerate(SIGMAS)
    ]


def _draw_samples(run: RunFolder, generator: NumpyGenerator, real: Split, seed: int) -> None:
    """Draw samples that nobody picked, and beside each row the image nearest to its last one."""
    from mnist_gan.lab.paper.figures import write_samples

    drawn = sample(generator, ROWS * COLUMNS, seed).reshape(ROWS, COLUMNS, -1)
    places, distances = nearest(drawn[:, -1], real.train, 1)
    write_samples(run.folder / "samples.png", np.concatenate([drawn, real.train[places]], axis=1))
    rows = [
        {"sample": row * COLUMNS + COLUMNS - 1, "training_image": int(place), "distance": distance}
        for row, (place, distance) in enumerate(zip(places[:, 0], distances[:, 0], strict=True))
    ]
    run.write_table("samples.csv", rows)


def _draw_walks(run: RunFolder, generator: NumpyGenerator, seed: int) -> None:
    """Draw walks from one digit to another, and say what a judge sees on the way."""
    from mnist_gan.evaluation.classifiers import Classifier
    from mnist_gan.lab.paper.figures import write_walks

    judge, latents = Classifier(), generator.latents(seed, TRIED)
    seen = judge(generate(generator, latents))
    ends: dict[int, int] = {}  # digit: the first latent that is surely one
    for place in np.flatnonzero(seen.confidence >= SURE):
        ends.setdefault(int(seen.digits[place]), int(place))
    places = list(ends.values()) if len(ends) > 1 else [0, 1]
    paths = [generator.walk(latents[list(pair)], STEPS) for pair in pairwise(places)]
    images = generate(generator, np.concatenate(paths[:WALKS]))
    write_walks(run.folder / "walks.png", images.reshape(-1, STEPS, images.shape[1]))
    seen = judge(images)
    rows = [
        {"walk": place // STEPS, "step": place % STEPS, "digit": int(digit), "confidence": sure}
        for place, (digit, sure) in enumerate(zip(seen.digits, seen.confidence, strict=True))
    ]
    run.write_table("walks.csv", rows)


def _tell(
    table: list[dict[str, Any]], windows: Mapping[str, Parzen], name: str, *, is_mnist: bool
) -> None:
    """Say the table, and what to think of it, in 60 columns."""
    say(f"{'log-likelihood of test images, nats':40}   mean         sigma")
    for row in table:
        sigma = "" if row["sigma"] is None else f"{row['sigma']:.3f}"
        model = f"{row['model']}, 2014" if row["source"] == "paper" else row["model"]
        say(f"{model:40} {row['mean']:6.1f} ± {row['error']:.1f}  {sigma}".rstrip())
    say(f"{OURS}: by {name}")
    if at_edge(windows[OURS]):
        say(
            f"The best width, {windows[OURS].sigma:.2f}, is at the edge of what the paper tries; a "
            "better one may lie beyond."
        )
    if not is_mnist:
        say("These are other images than MNIST's, so the paper's rows are no comparison.")
