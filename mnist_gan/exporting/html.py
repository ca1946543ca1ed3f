"""A generator as an HTML page in which it runs."""

from pathlib import Path

from mnist_gan.exporting.origin import data_of, title
from mnist_gan.pages.generator_page import generator_page
from mnist_gan.sampling.numpy_generator import NumpyGenerator
from mnist_gan.support.files import write_text


def write(generator: NumpyGenerator, source: Path | None, output: Path) -> None:
    """Write the page.

    Args:
        generator: The generator.
        source: Its `.keras` file, from which it has its name; None: it is in memory.
        output: The .html file.

    Raises:
        UserError: Where the generator is too large for a page.
    """
    write_text(output, generator_page(generator, *title(source), data_of(source)))
