"""`mnist-gan export`: a saved generator in the format of another program."""

from pathlib import Path

import click

from mnist_gan.commands.options import BEST, OUTPUTS
from mnist_gan.exporting import ENDINGS
from mnist_gan.support.console import print_path, say


@click.command()
@click.argument("model", required=False)
@click.option(
    "--format",
    "name",
    type=click.Choice(list(ENDINGS)),
    required=True,
    help="For ONNX Runtime, TensorFlow, LiteRT, NumPy, a browser or the Hugging Face hub.",
)
@click.option(
    "--output",
    type=Path,
    required=True,
    metavar="PATH",
    help="A .onnx, .tflite, .npz or .html file; for savedmodel and hub a new folder.",
)
@BEST
@OUTPUTS
def export(model: str | None, outputs: Path, *, name: str, output: Path, best: bool) -> int:
    """Write a saved generator in the format of another program.

    MODEL is a run (number, name or folder) or a .keras file; left out, the newest run, and where
    there is none, the generator that ships with the package.

    Example: mnist-gan export 7 --format onnx --output seven.onnx
    """
    from mnist_gan.exporting.write import WRITERS, check_format
    from mnist_gan.runs import called, find_generator
    from mnist_gan.sampling.sampler import open_generator

    check_format(name, output)
    path = find_generator(model, outputs, best=best)
    WRITERS[name](open_generator(path), path, output)
    say(f"exported {called(path)}")
    print_path(output)
    return 0
