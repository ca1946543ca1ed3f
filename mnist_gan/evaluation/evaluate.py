"""The evaluation of a generator: against which real images, its values, in words."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np

import mnist_gan
from mnist_gan.data.locations import refuse_missing_data
from mnist_gan.evaluation.baselines import SAMPLES, bias, places
from mnist_gan.evaluation.diagnostics import LOSSES, diagnose
from mnist_gan.evaluation.real_digits import Baseline, baseline, measure, real_digits
from mnist_gan.evaluation.scorecard import in_words
from mnist_gan.runs import (
    Evaluation,
    Row,
    RunFolder,
    generator_epoch,
    now,
    run_of,
)
from mnist_gan.sampling.numpy_layers import NumpyGenerator
from mnist_gan.sampling.sampler import sample
from mnist_gan.support.console import LOADING, say
from mnist_gan.support.errors import UserError
from mnist_gan.support.runtime import start_tensorflow


class Evaluated(NamedTuple):
    """An evaluation, and what is to be said of it."""

    evaluation: Evaluation
    notes: list[str]


def evaluate(
    generator: NumpyGenerator, path: Path | None = None, *, samples: int, data: str | None = None
) -> Evaluated:
    """Compare a generator's images with real ones; keep the result in its run, where it has one.

    Args:
        generator: The generator.
        path: Its `.keras` file, where it was loaded from one.
        samples: How many images to draw, at least 1,000.
        data: Where the real images are; None: those the run was trained on, else MNIST's.

    Raises:
        UserError: Where the real images are not there, or too few, or the generator draws no
            images in [-1, 1].
    """
    run = run_of(path) if path else None
    earlier = _earlier(run)
    epoch, rows = _moment(run, path)  # first, since a run that trains goes on meanwhile
    if data:  # a run on MNIST can do without the file it was trained on
        refuse_missing_data(data)
    say(LOADING)
    real = real_digits(run, data)
    images = _drawn(generator, min(samples, real.n), path)
    start_tensorflow()
    against = baseline(real)
    digits = generator.asked(len(images)) if generator.classes else None
    values = measure(images, against.reference, "digit", real.mnist, digits)
    placed = places(values, against.measured, len(images)) if against.measured else {}
    evaluation = Evaluation(
        generator=path.name if path else "",
        epoch=epoch,
        samples=len(images),
        against=real.name,
        values=values,
        real=against.values,
        places=placed,
        summary=in_words(values, against.values, placed, real.asked),
        version=mnist_gan.__version__,
        made=now(),
    )
    notes = _notes(evaluation, against, run, rows, earlier)
    if run:
        run.write_evaluation(evaluation)
    return Evaluated(evaluation, notes)


def _earlier(run: RunFolder | None) -> Evaluation | None:
    """Return the run's evaluation before this one; a damaged one is as good as none."""
    with suppress(UserError):
        return run.evaluation() if run else None
    return None


def _moment(run: RunFolder | None, path: Path | None) -> tuple[int | None, list[Row]]:
    """Return after which epoch a generator of a run was kept, and the rows until then."""
    if run is None or path is None:
        return None, []
    epoch, rows = generator_epoch(run, path), run.history()
    return epoch, [row for row in rows if epoch is None or row.get("epoch", 0) <= epoch]


def _drawn(generator: NumpyGenerator, count: int, path: Path | None) -> np.ndarray:
    """Return the first images of seed 0. Raises UserError where they are no digits in [-1, 1]."""
    images = sample(generator, count)
    low, high = images.min(), images.max()
    if not (-1.01 < low < 0 and high < 1.01):  # false for NaN, too
        raise UserError(
            f"The images of {path or 'this generator'} lie between {low:.2f} and {high:.2f}; "
            "expected are -1 for the black ground to 1 for white ink."
        )
    return images


def _notes(
    evaluation: Evaluation,
    against: Baseline,
    run: RunFolder | None,
    rows: list[Row],
    earlier: Evaluation | None,
) -> list[str]:
    """Return what is to be said below the table."""
    notes = [evaluation.summary]
    distance = evaluation.values["frechet_distance"]
    if earlier and earlier.samples == evaluation.samples and earlier.against == evaluation.against:
        before = earlier.values.get("frechet_distance")
        if before is not None and earlier.epoch != evaluation.epoch:
            notes.append(f"After epoch {earlier.epoch} the Fréchet distance was {before:.2f}.")
    if against.measured and evaluation.samples < SAMPLES:
        raised = bias(evaluation.samples, against.measured)
        notes.append(
            f"With {evaluation.samples:,} samples instead of {SAMPLES:,} the Fréchet distance "
            f"comes out about {raised:.2f} too high ({distance:.2f} here); recall and "
            "coverage change with the number, too."
        )
    if run and (verdict := _verdict(run, rows, evaluation)):
        notes.append(f"The doctor on {run.folder.name}: {verdict}.")
    return notes


def _verdict(run: RunFolder, history: list[Row], evaluation: Evaluation) -> str | None:
    """Return the doctor's verdict on a run, now that its images have been looked at."""
    from mnist_gan.objectives.losses import Equilibrium

    manifest = run.manifest()
    rows = [row for row in history if row.keys() >= LOSSES]
    if manifest.status == "failed" or not rows:
        return manifest.verdict
    equilibrium = Equilibrium(*manifest.equilibrium) if manifest.equilibrium else None
    c_t = evaluation.values.get("c_t")
    return diagnose(rows, equilibrium, run.config(), manifest.data.shares, c_t).sentence
