"""`mnist-gan evaluate`: how good a generator's digits are, in numbers and in words."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from tqdm import tqdm

import mnist_gan
from mnist_gan.arithmetic import NumpyGenerator
from mnist_gan.calibration import REAL, SAMPLES, Values, bias, calibration, places
from mnist_gan.commands.scorecard import in_words, table
from mnist_gan.data import Dataset, load_data, load_mnist
from mnist_gan.doctor import LOSSES, diagnose
from mnist_gan.errors import UserError
from mnist_gan.runs import (
    Evaluation,
    Row,
    Run,
    best_row,
    called,
    find_generator,
    now,
    outputs_folder,
    run_of,
)
from mnist_gan.runtime import start_tensorflow
from mnist_gan.sampling import load_generator, sample

if TYPE_CHECKING:
    from mnist_gan.references import Reference


class RealDigits(NamedTuple):
    """What generated digits are held against."""

    name: str
    n: int
    reference: Reference
    values: Values  # what evaluation says of other real digits of the kind
    mnist: tuple[np.ndarray, np.ndarray] | None  # training and test images, where they are at hand
    asked: tuple[int, ...]  # the classes that were to be learned
    measured: Mapping[str, Values]  # what was measured on MNIST; empty for other digits


def evaluate(
    model: str | None, outputs: str | None, *, samples: int, data: str | None, as_json: bool
) -> int:
    """Evaluate a generator, keep the result in its run, print it; return the exit code."""
    path = find_generator(model, outputs_folder(outputs))
    run = run_of(path)
    earlier = _earlier(run)
    epoch, rows = _moment(run, path)  # first, since a run that trains goes on meanwhile
    generator = load_generator(path)
    start_tensorflow()
    real = _real_digits(run, data)
    images = _drawn(generator, min(samples, real.n), path)
    digits = generator.asked(len(images)) if generator.classes else None
    values = _measured(images, real.reference, "evaluating", real.mnist, digits)
    placed = places(values, real.measured, len(images)) if real.measured else {}
    evaluation = Evaluation(
        generator=path.name,
        epoch=epoch,
        samples=len(images),
        against=real.name,
        values=values,
        real=real.values,
        places=placed,
        summary=in_words(values, real.values, placed, real.asked),
        version=mnist_gan.__version__,
        made=now(),
    )
    if as_json:
        print(evaluation.model_dump_json(indent=2))
    else:
        moment = "" if epoch is None else f", epoch {epoch}"
        print(f"{called(path)}{moment}: {len(images):,} samples against {real.name}\n")
        print(table(values, real.values, placed), end="\n\n")
        print(*_notes(evaluation, real, run, rows, earlier), sep="\n")
    if run:
        run.write_evaluation(evaluation)
    return 0


def _earlier(run: Run | None) -> Evaluation | None:
    """Return the run's evaluation before this one; a damaged one is as good as none."""
    with suppress(UserError):
        return run.evaluation() if run else None
    return None


def _moment(run: Run | None, path: Path) -> tuple[int | None, list[Row]]:
    """Return after which epoch a generator of a run was kept, and the rows until then."""
    if run is None:
        return None, []
    rows = run.history()
    if path == run.best:
        best = best_row(rows)
        epoch = int(best["epoch"]) if best else None
    else:
        epoch = run.manifest().epochs
    return epoch, [row for row in rows if epoch is None or row.get("epoch", 0) <= epoch]


def _real_digits(run: Run | None, source: str | None) -> RealDigits:
    """Return what to compare with: what is asked for, else what the run was trained on."""
    from mnist_gan.evaluation import FEWEST
    from mnist_gan.references import mnist_reference

    where = source or (run.config().data.source if run else "auto")
    chosen = run.config().data.digits if run and not source else tuple(range(10))
    holdout = run.config().data.holdout if run and not source else 0
    is_mnist = run.manifest().data.is_mnist if run and not source else source in (None, "auto")
    if not is_mnist or holdout:
        dataset = load_data(where, chosen, holdout)
        if run and not source and dataset.sha256 != run.manifest().data.sha256:
            raise UserError(
                f"{run.folder} was trained on other images than {dataset.source} holds now; bring "
                "them back, or name with --data what to compare with."
            )
        if dataset.held_out is not None:
            _refuse_few(dataset, FEWEST)
            name = f"the {holdout:,} images held out of {dataset.source}"
            return _digits_of(dataset.held_out, dataset.images, name, chosen)
        if not dataset.is_mnist:
            return _other_digits(dataset, chosen)
    measured = calibration()
    name = "the 10,000 test images of MNIST"
    mnist = load_mnist(where)
    return RealDigits(name, SAMPLES, mnist_reference(), measured[REAL], mnist, chosen, measured)


def _other_digits(dataset: Dataset, asked: tuple[int, ...]) -> RealDigits:
    """Return one half of the images as the reference, and what the other half comes to."""
    from mnist_gan.evaluation import FEWEST

    _refuse_few(dataset, 2 * FEWEST)
    half = min(SAMPLES, len(dataset.images) // 2)
    order = np.random.default_rng(0).permutation(len(dataset.images))
    parts = (dataset.images[order[:half]], dataset.images[order[half : 2 * half]])
    name = f"{half:,} images of {dataset.source}"
    return _digits_of(*parts, name, asked)


def _refuse_few(dataset: Dataset, fewest: int) -> None:
    """Refuse data of which too few images remain to compare with."""
    if len(dataset.images) < fewest:
        beside = "" if dataset.held_out is None else " beside those held out"
        raise UserError(
            f"{dataset.source} holds {len(dataset.images):,} images{beside}; at least {fewest:,} "
            "are needed to compare with."
        )


def _digits_of(
    images: np.ndarray, others: np.ndarray, name: str, asked: tuple[int, ...]
) -> RealDigits:
    """Return images as the reference, and what as many others of their kind come to."""
    from mnist_gan.references import look, reference_of

    n = min(len(images), len(others), SAMPLES)
    reference = reference_of(look(images[:n]))
    values = _measured(others[:n], reference, "real digits")
    return RealDigits(name, n, reference, values, None, asked, {})


def _drawn(generator: NumpyGenerator, count: int, path: Path) -> np.ndarray:
    """Return the first images of seed 0. Raises UserError where they are no digits in [-1, 1]."""
    images = sample(generator, count)
    low, high = images.min(), images.max()
    if not (-1.01 < low < 0 and high < 1.01):  # false for NaN, too
        raise UserError(
            f"The images of {path} lie between {low:.2f} and {high:.2f}; expected are -1 for the "
            "black ground to 1 for white ink."
        )
    return images


def _measured(
    images: np.ndarray,
    reference: Reference,
    what: str,
    mnist: tuple[np.ndarray, np.ndarray] | None = None,
    asked: np.ndarray | None = None,
) -> Values:
    """Return all values of images, showing progress on a terminal."""
    from mnist_gan.evaluation import METRICS, evaluate

    values: Values = {}
    layout = "{desc} {bar} {elapsed}"
    with tqdm(total=METRICS, desc=what, disable=None, leave=False, bar_format=layout) as bar:
        for name, value in evaluate(images, reference, mnist, asked):
            values[name] = value
            bar.update()
    return values


def _notes(
    evaluation: Evaluation,
    real: RealDigits,
    run: Run | None,
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
    if real.measured and evaluation.samples < SAMPLES:
        raised = bias(evaluation.samples, real.measured)
        notes.append(
            f"With {evaluation.samples:,} samples instead of {SAMPLES:,} the Fréchet distance "
            f"comes out about {raised:.2f} too high ({distance:.2f} here); recall and "
            "coverage change with the number, too."
        )
    if run and (verdict := _verdict(run, rows, evaluation)):
        notes.append(f"The doctor on {run.folder.name}: {verdict}.")
    return notes


def _verdict(run: Run, history: list[Row], evaluation: Evaluation) -> str | None:
    """Return the doctor's verdict on a run, now that its images have been looked at."""
    from mnist_gan.objectives import Equilibrium

    manifest = run.manifest()
    rows = [row for row in history if row.keys() >= LOSSES]
    if manifest.status == "failed" or not rows:
        return manifest.verdict
    equilibrium = Equilibrium(*manifest.equilibrium) if manifest.equilibrium else None
    c_t = evaluation.values.get("c_t")
    return diagnose(rows, equilibrium, run.config(), manifest.data.shares, c_t).sentence
