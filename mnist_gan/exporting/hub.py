"""A generator as a folder for the Hugging Face hub."""

import shutil
from pathlib import Path

from mnist_gan.data.images import tile, write_png
from mnist_gan.exporting.card import model_card
from mnist_gan.exporting.origin import records, title
from mnist_gan.sampling.numpy_generator import NumpyGenerator
from mnist_gan.sampling.sampler import sample
from mnist_gan.support.console import LOADING, say
from mnist_gan.support.files import whole_folder, write_text
from mnist_gan.support.runtime import start_backend


def write(generator: NumpyGenerator, source: Path | None, output: Path) -> None:
    """Write the folder: the model, its card, a grid, and what its run has kept.

    Args:
        generator: The generator.
        source: Its `.keras` file, which is copied; None: it is in memory.
        output: The folder.

    Raises:
        UserError: Where a file of the generator's run is damaged.
    """
    known = records(source)
    with whole_folder(output) as folder:
        if source:
            shutil.copyfile(source, folder / "generator.keras")
        else:
            _save(generator, folder / "generator.keras")
        if known.config:
            write_text(folder / "config.yaml", known.config)
        if known.evaluation:
            write_text(
                folder / "evaluation.json", known.evaluation.model_dump_json(indent=2) + "\n"
            )
        write_png(folder / "samples.png", tile(sample(generator), columns=10))
        write_text(folder / "README.md", model_card(generator, title(source), known))


def _save(generator: NumpyGenerator, path: Path) -> None:
    """Save a generator with Keras."""
    say(LOADING)
    start_backend()
    generator.to_keras().save(path)
