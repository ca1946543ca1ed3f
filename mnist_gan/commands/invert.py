"""`mnist-gan invert`: the latent whose image comes nearest to a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mnist_gan.commands.options import BEST, LATENT_SEED, OUTPUTS, SET
from mnist_gan.support.console import Work, print_path, say
from mnist_gan.support.errors import UserError
from mnist_gan.support.paths import check_output

if TYPE_CHECKING:
    import numpy as np

    from mnist_gan.data.formats.standard import Wishes
    from mnist_gan.sampling.inversion import Inverted

TESTED = 10  # real images that are inverted for comparison
SHOWN = 10  # distances in a line
IN_A_ROW = 10  # images of the sheet


@click.command()
@click.argument("image", type=Path)
@click.argument("model", required=False)
@LATENT_SEED
@click.option(
    "--output",
    type=Path,
    default=Path("inverted.png"),
    show_default=True,
    help="A .png: each picture beside what was found; the latents lie beside it, as .npy.",
)
@SET
@BEST
@OUTPUTS
def invert(
    image: Path,
    model: str | None,
    outputs: Path,
    *,
    seed: int,
    output: Path,
    changes: tuple[str, ...],
    best: bool,
) -> int:
    """Find the latent whose image comes nearest to a picture.

    IMAGE is a picture, or a file of up to 100 images. MODEL is a run (number, name or folder) or a
    .keras file; left out, the newest run, and where there is none, the generator that ships with
    the package. `mnist-gan sample --latents` draws from the latents that are found.

    Example: mnist-gan invert seven.png 7 --set data.resize=true
    """
    import numpy as np

    from mnist_gan.data.checks import inversion_hints
    from mnist_gan.data.formats.reader import read_pictures_of
    from mnist_gan.data.images import from_uint8
    from mnist_gan.runs import called, find_generator
    from mnist_gan.sampling.inversion import STEPS, Inverted, refuse_too_many
    from mnist_gan.sampling.inversion import invert as inverted
    from mnist_gan.sampling.sampler import open_generator

    check_output(output, ".png")
    found = read_pictures_of(image, _wishes(changes))
    refuse_too_many(len(found.images))
    path = find_generator(model, outputs, best=best)
    generator = open_generator(path)
    images = from_uint8(found.images)
    for note in (*found.notes, *inversion_hints(images)):
        say(note)
    name, tests = _tests(path)
    both, count = np.concatenate([images, tests]), len(images)
    with Work("searching", STEPS * len(both), "steps") as work:
        found_for = inverted(generator, both, seed, work.advance)
    result = Inverted(*(array[:count] for array in found_for))
    _write(output, images, result)
    shown = ", ".join(f"{distance:.1f}" for distance in result.distances[:SHOWN])
    say(f"distance: {shown}{', ...' if len(images) > SHOWN else ''} grey levels of 255")
    if len(tests):
        say(f"{name}: {np.median(found_for.distances[count:]):.1f} (median of {len(tests)})")
    say(f"drawn by {called(path)}")
    print_path(output)
    print_path(output.with_suffix(".npy"))
    return 0


def _write(output: Path, images: np.ndarray, result: Inverted) -> None:
    """Write each image beside what was found for it, and the latents."""
    import numpy as np

    from mnist_gan.data.images import tile, write_png
    from mnist_gan.support.files import whole_file

    pairs = np.stack([images, result.images], axis=1).reshape(-1, images.shape[1])
    write_png(output, tile(pairs, columns=min(len(pairs), IN_A_ROW), scale=4))
    with whole_file(output.with_suffix(".npy")) as temporary, temporary.open("wb") as file:
        np.save(file, result.latents)


def _wishes(changes: tuple[str, ...]) -> Wishes:
    """Return the conversions that `--set data.resize=true` and its like name."""
    from mnist_gan.config.loading import load_config, parse_setting
    from mnist_gan.data.formats.standard import Wishes

    named = dict(parse_setting(change) for change in changes)
    for key in named:
        if key not in {f"data.{field}" for field in Wishes._fields}:
            kinds = ", ".join(f"data.{field}" for field in Wishes._fields)
            raise UserError(f"--set {key} changes nothing here; there are {kinds}.")
    data = load_config("tutorial", named).data
    return Wishes(*(getattr(data, field) for field in Wishes._fields))


def _tests(path: Path) -> tuple[str, np.ndarray]:
    """Return real images that the generator was not trained on, if there are any, and their name.

    They are what an evaluation compares with, or the embedded digits.
    """
    import numpy as np

    from mnist_gan.data.images import PIXELS
    from mnist_gan.data.sources import load_data
    from mnist_gan.evaluation.real_digits import real_digits
    from mnist_gan.runs import run_of_generator

    try:
        real = real_digits([run_of_generator(path)], None)[0]
    except UserError as error:
        say(f"There are no real images to compare with: {error}")
        return "", np.empty((0, PIXELS), np.float32)
    images, name = (
        (real.mnist[1], "MNIST's test images") if real.mnist else (real.images, real.name)
    )
    if images is None:
        images, name = load_data("digits").images, "the embedded digits"
    return name, images[:: max(1, len(images) // TESTED)][:TESTED]
