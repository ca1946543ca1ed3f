"""Latents whose images a classifier is sure show one digit."""

import numpy as np

from mnist_gan.evaluation.classifiers import Classifier
from mnist_gan.sampling.numpy_layers import NumpyGenerator
from mnist_gan.sampling.sampler import Draw, generate
from mnist_gan.support.console import Work, say
from mnist_gan.support.errors import UserError

SURE = 0.9  # confidence of the classifier from which an image is a digit
TRIED, FEWEST_TRIES, TRIES = 1000, 10_000, 200  # at a time; before giving up; at most per digit


def chosen(generator: NumpyGenerator, count: int, draw: Draw, digit: int, first: int) -> Draw:
    """Return the latents, from the `first` on, whose images show a digit.

    TensorFlow must have been started. Raises UserError where there are too few of them.
    """
    judge, found, tried = Classifier(), np.empty((0, generator.inputs), np.float32), 0
    with Work(f"drawing {digit}s", count, "digits") as work:
        while len(found) < count:
            if tried >= FEWEST_TRIES and len(found) * TRIES < tried:
                are = "is" if len(found) == 1 else "are"
                raise UserError(
                    f"Only {len(found):,} of {tried:,} images {are} {_a(digit)} that the "
                    "classifier is sure of, so this generator cannot draw it; try one that was "
                    "trained longer, or on that digit."
                )
            latents = draw(first + tried, TRIED)
            seen = judge(generate(generator, latents, first + tried))
            accepted = (seen.digits == digit) & (seen.confidence >= SURE)
            tried += len(latents)
            work.advance(min(accepted.sum(), count - len(found)))
            found = np.concatenate([found, latents[accepted]])
    are = "is" if len(found) == 1 else "are"
    say(f"{len(found):,} of {tried:,} images tried {are} {_a(digit)} ({len(found) / tried:.1%})")
    return lambda start, part: found[:count][start : start + part]


def _a(digit: int) -> str:
    """Return a digit with its article."""
    return f"an {digit}" if digit == 8 else f"a {digit}"
