"""One generator as a page: its playground alone."""

from mnist_gan.data.formats.standard import DIGITS
from mnist_gan.pages.document import render
from mnist_gan.pages.playground import LARGEST, fits, noun_of, playground
from mnist_gan.runs import DataRecord
from mnist_gan.sampling.numpy_generator import NumpyGenerator
from mnist_gan.support.errors import UserError

KEPT = 3  # latents in the page: those of the images A, B and C
SCRIPTS = ["common.js", "network.js", "playground.js", "paper.js", "generator.js"]


def generator_page(
    generator: NumpyGenerator,
    name: str,
    about: str,
    trained_on: DataRecord | None = None,
) -> str:
    """Return a generator as one HTML document.

    Args:
        generator: The generator.
        name: The title of the page.
        about: A sentence on what the generator is.
        trained_on: Its images; None where they are not known: digits, unless its classes are not
            ten.

    Raises:
        UserError: Where it is too large for a page.
    """
    if not fits(generator):
        raise UserError(
            f"The generator does not fit into a page, which takes {LARGEST:,} weights in half "
            "precision at most; choose another format, as npz."
        )
    classes = trained_on.classes if trained_on else ()
    are_digits = trained_on.are_digits if trained_on else generator.classes in (0, len(DIGITS))
    data = playground(generator, 0, KEPT, classes, are_digits=are_digits)
    noun = noun_of(are_digits)
    data = {**data, "noun": noun}
    return render("generator.html", SCRIPTS, data=data, noun=noun, name=name, about=about)
