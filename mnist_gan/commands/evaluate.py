"""`mnist-gan evaluate`: how good a generator's digits are."""

import json
from pathlib import Path

import click

from mnist_gan.commands.options import BEST, DATA, JSON, OUTPUTS


@click.command()
@click.argument("model", required=False)
@click.option(
    "--samples",
    type=click.IntRange(1000, 10_000),
    default=10_000,
    show_default=True,
    help="Digits to draw; with fewer, distances come out too high.",
)
@click.option(
    "--data",
    metavar=DATA,
    help="Real digits to compare with. [default: what the run was trained on, else MNIST]",
)
@BEST
@OUTPUTS
@JSON
def evaluate(
    model: str | None, outputs: Path, *, best: bool, samples: int, data: str | None, as_json: bool
) -> int:
    """Measure how good a generator's digits are.

    MODEL is a run (number, name or folder) or a .keras file; left out, the newest run, and where
    there is none, the generator that ships with the package.

    Example: mnist-gan evaluate 7 --json
    """
    from mnist_gan.evaluation.evaluate import evaluate as evaluate_generator
    from mnist_gan.evaluation.scorecard import table
    from mnist_gan.runs import called, find_generator
    from mnist_gan.sampling.sampler import open_generator
    from mnist_gan.support.units import counted

    path = find_generator(model, outputs, best=best)
    name, generator = called(path), open_generator(path)
    evaluation, notes = evaluate_generator(generator, path, samples=samples, data=data)
    if as_json:
        print(json.dumps(evaluation.model_dump(mode="json"), indent=2))
        return 0
    print(f"{name}: {counted(evaluation.samples, 'sample')} against {evaluation.against}\n")
    print(table(evaluation.values, evaluation.real, evaluation.places), end="\n\n")
    print(*notes, sep="\n")
    return 0
