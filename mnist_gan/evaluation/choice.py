"""Latents whose images a classifier is sure show one digit."""

import numpy as np

from mnist_gan.evaluation.classifiers import Classifier
from mnist_gan.sampling.numpy_generator import NumpyGenerator
from mnist_gan.sampling.sampler import Draw, generate
from mnist_gan.support.console import Work, say
from mnist_gan.support.errors import UserError

SURE = 0.9  # the smallest confidence of the classifier at which an image is accepted
BATCH = 1000  # images tried at a time
MIN_TRIES, TRIES_PER_DIGIT = 10_000, 200  # before giving up; at most, on average


def chosen(generator: NumpyGenerator, count: int, draw: Draw, digit: int, first: int) -> Draw:
    """Return a function that draws only latents whose images show a digit.

    TensorFlow must have been started.

    Args:
        generator: The generator.
        count: How many latents to find.
        draw: Returns the latents to choose from, as in `sampler.stream`.
        digit: The digit that the images should show.
        first: Index of the first latent to try.

    Raises:
        UserError: Where too few images show the digit.
    """
    classifier, found, tried = Classifier(), np.empty((0, generator.inputs), np.float32), 0
    with Work(f"drawing {digit}s", count, "digits") as work:
        while len(found) < count:
            if tried >= MIN_TRIES and len(found) * TRIES_PER_DIGIT < tried:
                are = "is" if len(found) == 1 else "are"
                raise UserError(
                    f"Only {len(found):,} of {tried:,} images {are} {_a(digit)} that the "
                    "classifier is sure of, so this generator cannot draw it; try one that was "
                    "trained longer, or on that digit."
                )
            latents = draw(first + tried, BATCH)
            prediction = classifier(generate(generator, latents, first + tried))
            accepted = (prediction.digits == digit) & (prediction.confidence >= SURE)
            tried += len(latents)
            work.advance(min(accepted.sum(), count - len(found)))
            found = np.concatenate([found, latents[accepted]])
    are = "is" if len(found) == 1 else "are"
    say(f"{len(found):,} of {tried:,} images tried {are} {_a(digit)} ({len(found) / tried:.1%})")
    return lambda start, size: found[:count][start : start + size]


def _a(digit: int) -> str:
    """Return a digit with its article."""
    return f"an {digit}" if digit == 8 else f"a {digit}"
