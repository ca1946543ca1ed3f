"""`mnist-gan sample`: images from a saved generator."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mnist_gan.commands.options import BEST, LATENT_SEED, OUTPUTS
from mnist_gan.support.console import LOADING, print_path, say
from mnist_gan.support.errors import UserError

if TYPE_CHECKING:
    from mnist_gan.sampling.numpy_generator import NumpyGenerator
    from mnist_gan.sampling.sampler import Draw


@dataclass(frozen=True)
class Wish:
    """What to draw, as the flags say."""

    count: int | None
    seed: int
    first: int
    latents_file: Path | None
    columns: int | None
    wanted: str | None
    interpolate: int | None


@click.command()
@click.argument("model", required=False)
@click.option(
    "--count",
    type=click.IntRange(1),
    help="How many images [default: 100]; with --interpolate, how many to walk between "
    "[default: 2].",
)
@LATENT_SEED
@click.option(
    "--start",
    "first",
    type=click.IntRange(0, 2**31 - 1),
    default=0,
    show_default=True,
    help="Which image of the seed is the first.",
)
@click.option(
    "--latents",
    "latents_file",
    type=Path,
    metavar="FILE.npy",
    help="Latents of your own (n, size), instead of a seed.",
)
@click.option(
    "--columns",
    type=click.IntRange(1, 1000),
    help="Images in a row of the sheet. [default: 10 at most]",
)
@click.option(
    "--class",
    "--digit",
    "wanted",
    metavar="CLASS",
    help="Only this class: a generator is asked for it, or a classifier chooses digits.",
)
@click.option(
    "--interpolate",
    type=click.IntRange(2, 1000),
    metavar="N",
    help="Walk from image to image, N images for each.",
)
@click.option(
    "--output",
    type=Path,
    default=Path("samples.png"),
    show_default=True,
    help="A .png sheet, .gif film, .npy or .npz arrays, or a folder of images.",
)
@BEST
@OUTPUTS
def sample(model: str | None, outputs: Path, *, best: bool, output: Path, **flags: Any) -> int:
    """Draw images from a saved generator.

    MODEL is a run (number, name or folder) or a .keras file; left out, the newest run, and where
    there is none, the generator that ships with the package.

    Example: mnist-gan sample 7 --count 25 --columns 5 --output seven.png
    """
    from mnist_gan.runs import called, find_generator
    from mnist_gan.sampling.image_files import writer
    from mnist_gan.sampling.rows import blocks, inputs_of_file, inputs_of_seed, interpolated
    from mnist_gan.sampling.sampler import open_generator

    wish = Wish(**flags)
    if wish.latents_file and wish.first:
        raise UserError("--start counts the images of a seed, so it does not go with --latents.")
    write = writer(output)
    path = find_generator(model, outputs, best=best)
    generator = open_generator(path)
    if wish.latents_file and wish.wanted is not None and not generator.classes:
        raise UserError("--class chooses latents by itself, so it does not go with --latents.")
    count, first = wish.count or (2 if wish.interpolate else 100), wish.first
    if wish.latents_file:
        count, draw = inputs_of_file(generator, wish.latents_file, wish.count)
    else:
        draw = inputs_of_seed(generator, wish.seed)
    if wish.wanted is not None:
        draw, first = _of_class(generator, path, count, draw, wish.wanted, first)
    if wish.interpolate:
        (count, draw), first = interpolated(generator, count, draw, wish.interpolate, first), 0
    in_a_row = wish.columns or wish.interpolate or min(10, count)
    write(output, count, blocks(generator, count, draw, first), in_a_row)
    if generator.note:
        say(generator.note)
    say(f"drawn by {called(path)}")
    print_path(output)
    return 0


def _of_class(
    generator: NumpyGenerator, path: Path, count: int, draw: Draw, wanted: str, first: int
) -> tuple[Draw, int]:
    """Return the inputs that show a class, and the index of the first of them."""
    from mnist_gan.runs import run_of_generator
    from mnist_gan.sampling.rows import inputs_of_class, place_of
    from mnist_gan.support.runtime import start_backend

    run, data = run_of_generator(path), None
    with suppress(UserError):  # a generator draws whatever became of its run.json
        data = run.manifest().data if run else None
    if generator.classes:
        names = data.classes if data else ()
        return inputs_of_class(generator, draw, place_of(wanted, generator.classes, names)), first
    if data and not data.are_digits:
        raise UserError(
            f"--class {wanted} needs a generator that is conditioned on classes, since MNIST's "
            f"classifiers do not know the images of {data.source}; train one with --set "
            "training.conditional=true."
        )
    digit = place_of(wanted, 10, ())
    if data and data.classes:  # perhaps not all ten
        place_of(wanted, len(data.classes), data.classes)
    say(LOADING)
    start_backend()
    from mnist_gan.evaluation.choice import chosen

    return chosen(generator, count, draw, digit, first), 0
