"""`mnist-gan evaluate`: how good generators' digits are, of several side by side."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mnist_gan.commands.options import BEST, DATA, JSON, OUTPUTS, width
from mnist_gan.evaluation.table import MIN_SAMPLES, SAMPLES
from mnist_gan.support.console import say
from mnist_gan.support.text import escaped

if TYPE_CHECKING:
    from mnist_gan.evaluation.evaluate import Evaluated


@click.command()
@click.argument("models", nargs=-1, metavar="[MODEL]...")
@click.option(
    "--samples",
    type=click.IntRange(MIN_SAMPLES, SAMPLES),
    default=SAMPLES,
    show_default=True,
    help="Images to draw; with fewer, distances come out too high.",
)
@click.option(
    "--data",
    metavar=DATA,
    help="Real images to compare with. [default: what the run was trained on, else MNIST]",
)
@BEST
@OUTPUTS
@JSON
def evaluate(
    models: tuple[str, ...],
    outputs: Path,
    *,
    best: bool,
    samples: int,
    data: str | None,
    as_json: bool,
) -> int:
    """Measure how good a generator's digits are; of several, side by side.

    MODEL is a run (number, name or folder) or a .keras file; left out, the newest run, and where
    there is none, the generator that ships with the package. With --json several are a list.

    Example: mnist-gan evaluate 7 --json
    """
    from mnist_gan.evaluation.evaluate import Model
    from mnist_gan.evaluation.evaluate import evaluate as evaluate_generators
    from mnist_gan.runs import called, find_generator
    from mnist_gan.sampling.sampler import open_generator

    paths = [find_generator(model, outputs, best=best) for model in models or (None,)]
    names = [called(path) for path in paths]
    opened = [Model(open_generator(path), path) for path in paths]
    found = evaluate_generators(opened, samples=samples, data=data)
    for model in opened:
        if model.generator.note:
            say(model.generator.note)
    if as_json:
        values = [evaluation.model_dump(mode="json") for evaluation, _ in found]
        print(json.dumps(values if len(found) > 1 else values[0], indent=2))
    elif len(found) > 1:
        _print_several(names, found)
    else:
        _print_one(names[0], found[0])
    return 0


def _print_one(name: str, found: Evaluated) -> None:
    """Print the evaluation of one generator."""
    from mnist_gan.evaluation.scorecard import table
    from mnist_gan.support.units import counted

    evaluation, notes = found
    samples = counted(evaluation.samples, "sample")
    print(escaped(f"{name}: {samples} against {evaluation.against}"), end="\n\n")
    print(table(evaluation.values, evaluation.real, evaluation.places), end="\n\n")
    print(*map(escaped, notes), sep="\n")


def _print_several(names: Sequence[str], found: Sequence[Evaluated]) -> None:
    """Print evaluations side by side, after which generator has which number."""
    from mnist_gan.evaluation.scorecard import tables

    for number, name in enumerate(names, 1):
        print(f"#{number}: {escaped(name)}")
    print()
    print(tables([evaluation for evaluation, _ in found], max(60, width())), end="\n\n")
    for number, (_, notes) in enumerate(found, 1):
        print(f"#{number}:", *map(escaped, notes))
