"""The evaluation of generators: against which real images, its values, in words."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np

import mnist_gan
from mnist_gan.data.formats.standard import DIGITS
from mnist_gan.data.locations import refuse_missing_data, say_which_data
from mnist_gan.evaluation.baselines import frechet_bias, normalised_scores
from mnist_gan.evaluation.diagnostics import LOSSES, diagnose
from mnist_gan.evaluation.real_digits import (
    Comparison,
    RealDigits,
    build_comparison,
    labels_among,
    measure,
    real_digits,
)
from mnist_gan.evaluation.scorecard import in_words
from mnist_gan.evaluation.table import SAMPLES
from mnist_gan.runs import (
    Evaluation,
    Row,
    RunFolder,
    generator_epoch,
    now,
    run_of_generator,
)
from mnist_gan.sampling.numpy_generator import NumpyGenerator
from mnist_gan.sampling.sampler import sample
from mnist_gan.support.console import LOADING, say
from mnist_gan.support.errors import UserError
from mnist_gan.support.runtime import start_backend


class Evaluated(NamedTuple):
    """An evaluation, and the sentences to print below its table."""

    evaluation: Evaluation
    notes: list[str]


class Model(NamedTuple):
    """A generator to evaluate, and its `.keras` file where it was loaded from one."""

    generator: NumpyGenerator
    path: Path | None = None


class _Known(NamedTuple):
    """What is known of a model before it is evaluated."""

    run: RunFolder | None
    previous: Evaluation | None
    epoch: int | None
    history: list[Row]


def evaluate(models: Sequence[Model], *, samples: int, data: str | None = None) -> list[Evaluated]:
    """Compare generators' images with real ones; store each result in its run, where it has one.

    What several generators share, such as the real images, is read and measured once. A mistake in
    any is found before anything is measured.

    Args:
        models: The generators.
        samples: How many images to draw of each, at least 1,000.
        data: Where the real images are; None: those a run was trained on, else MNIST's.

    Raises:
        UserError: Where real images are missing or too few, or generated ones are not in [-1, 1].
    """
    known = [_known(model.path) for model in models]  # first, as a run may still be training
    if data:  # a run on MNIST does not need the file that it was trained on
        refuse_missing_data(data)
        say_which_data(data)
    say(LOADING)
    reals = real_digits([each.run for each in known], data)
    images = [
        _draw_images(model.generator, min(samples, real.n), model.path)
        for model, real in zip(models, reals, strict=True)
    ]
    start_backend()
    built: dict[int, Comparison] = {}
    found = []
    for place, (model, real) in enumerate(zip(models, reals, strict=True)):
        if id(real) not in built:
            built[id(real)] = build_comparison(real)
        if len(models) > 1:
            say(f"model {place + 1} of {len(models)}:")
        found.append(_evaluate(model, known[place], real, built[id(real)], images[place]))
    return found


def _evaluate(
    model: Model, known: _Known, real: RealDigits, comparison: Comparison, images: np.ndarray
) -> Evaluated:
    """Measure a generator's images, and store the result in its run."""
    generator, path = model
    baselines = comparison.baselines
    reference = comparison.reference
    labels = _labels(generator, known.run, reference.names, len(images))
    noun = "image" if reference.components else "digit"
    values = measure(images, reference, noun, real.mnist, labels)
    scores = normalised_scores(values, baselines, len(images)) if baselines else {}
    evaluation = Evaluation(
        generator=path.name if path else "",
        epoch=known.epoch,
        samples=len(images),
        against=real.name,
        values=values,
        real=comparison.values,
        places=scores,
        summary=in_words(values, comparison.values, scores, real.digits),
        version=mnist_gan.__version__,
        made=now(),
    )
    notes = _notes(evaluation, comparison, known)
    if known.run:
        known.run.write_evaluation(evaluation)
    return Evaluated(evaluation, notes)


def _labels(
    generator: NumpyGenerator, run: RunFolder | None, known: Sequence[str], count: int
) -> np.ndarray | None:
    """Return what a conditional generator's images should show, None where that is not known."""
    recorded = run.manifest().data.classes if run else ()
    names = recorded or DIGITS
    if not generator.classes or len(names) != generator.classes:
        return None
    return labels_among(known, names, generator.labels(count))


def _known(path: Path | None) -> _Known:
    """Return what is known of the run of a `.keras` file, where it is one of its generators."""
    run = run_of_generator(path) if path else None
    return _Known(run, _previous_evaluation(run), *_epoch_and_history(run, path))


def _previous_evaluation(run: RunFolder | None) -> Evaluation | None:
    """Return the run's previous evaluation, None where there is none or it is damaged."""
    with suppress(UserError):
        return run.evaluation() if run else None
    return None


def _epoch_and_history(run: RunFolder | None, path: Path | None) -> tuple[int | None, list[Row]]:
    """Return the epoch of a run's generator, and the history until then."""
    if run is None or path is None:
        return None, []
    epoch, history = generator_epoch(run, path), run.history()
    return epoch, [row for row in history if epoch is None or row.get("epoch", 0) <= epoch]


def _draw_images(generator: NumpyGenerator, count: int, path: Path | None) -> np.ndarray:
    """Return the first images of seed 0. Raises UserError where they are not in [-1, 1]."""
    images = sample(generator, count)
    low, high = images.min(), images.max()
    if not (-1.01 < low < 0 and high < 1.01):  # also refuses NaN
        raise UserError(
            f"The images of {path or 'this generator'} lie between {low:.2f} and {high:.2f}; "
            "expected are -1 for the black background to 1 for white ink."
        )
    return images


def _notes(evaluation: Evaluation, comparison: Comparison, known: _Known) -> list[str]:
    """Return the sentences to print below the table."""
    run, previous = known.run, known.previous
    notes = [evaluation.summary]
    distance = evaluation.values["frechet_distance"]
    compared = (evaluation.samples, evaluation.against)
    if previous and (previous.samples, previous.against) == compared:
        before = previous.values.get("frechet_distance")
        if before is not None and previous.epoch != evaluation.epoch:
            notes.append(f"After epoch {previous.epoch} the Fréchet distance was {before:.2f}.")
    if comparison.baselines and evaluation.samples < SAMPLES:
        bias = frechet_bias(evaluation.samples, comparison.baselines)
        notes.append(
            f"With {evaluation.samples:,} samples instead of {SAMPLES:,} the Fréchet distance "
            f"comes out about {bias:.2f} too high ({distance:.2f} here); recall and "
            "coverage change with the number, too."
        )
    if run and (diagnosis := _diagnosis(run, known.history, evaluation)):
        notes.append(f"The diagnosis of {run.folder.name}: {diagnosis}.")
    return notes


def _diagnosis(run: RunFolder, history: list[Row], evaluation: Evaluation) -> str | None:
    """Return the diagnosis of a run, now that its images have been evaluated."""
    from mnist_gan.objectives.losses import Equilibrium

    manifest = run.manifest()
    trained = [row for row in history if row.keys() >= LOSSES]
    if manifest.status == "failed" or not trained:
        return manifest.verdict
    equilibrium = Equilibrium(*manifest.equilibrium) if manifest.equilibrium else None
    c_t = evaluation.values.get("c_t")
    return diagnose(trained, equilibrium, run.config(), manifest.data.shares, c_t).sentence
