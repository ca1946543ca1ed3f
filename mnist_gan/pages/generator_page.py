"""One generator as a page: its playground alone."""

from mnist_gan.pages.document import render
from mnist_gan.pages.playground import LARGEST, fits, playground
from mnist_gan.sampling.numpy_generator import NumpyGenerator
from mnist_gan.support.errors import UserError

KEPT = 3  # latents in the page: those of the digits A, B and C
SCRIPTS = ["common.js", "network.js", "playground.js", "generator.js"]


def generator_page(generator: NumpyGenerator, name: str, about: str) -> str:
    """Return a generator as one HTML document.

    Args:
        generator: The generator.
        name: The title of the page.
        about: A sentence on what the generator is.

    Raises:
        UserError: Where it is too large for a page.
    """
    if not fits(generator):
        raise UserError(
            f"The generator does not fit into a page, which takes {LARGEST:,} weights in half "
            "precision at most; choose another format, as npz."
        )
    data = playground(generator, seed=0, count=KEPT)
    return render("generator.html", SCRIPTS, data=data, name=name, about=about)
