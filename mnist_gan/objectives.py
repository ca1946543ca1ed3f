"""The pairs of losses for which discriminator and generator play, on logits."""

from collections.abc import Callable
from typing import Any, NamedTuple

from keras import ops

Tensor = Any  # whatever tensor the Keras backend has


class Objective(NamedTuple):
    """The two losses of a game: `discriminator(real, fake)` and `generator(fake)`.

    Both take logits of shape (batch, 1) and return a scalar to be made small.
    """

    discriminator: Callable[[Tensor, Tensor], Tensor]
    generator: Callable[[Tensor], Tensor]


def non_saturating(real_label: float = 1.0) -> Objective:
    """Return the game of Goodfellow et al. 2014 (section 3) with the non-saturating generator.

    The discriminator's loss is the mean cross-entropy over real rows, labelled `real_label`
    (below 1: one-sided label smoothing, Salimans et al. 2016, section 3.4), and fake rows,
    labelled 0; the generator's is the cross-entropy of its fakes labelled 1.
    """

    def discriminator(real: Tensor, fake: Tensor) -> Tensor:
        return (_cross_entropy(real_label, real) + _cross_entropy(0.0, fake)) / 2

    def generator(fake: Tensor) -> Tensor:
        return _cross_entropy(1.0, fake)

    return Objective(discriminator, generator)


def _cross_entropy(label: float, logits: Tensor) -> Tensor:
    """Return the mean binary cross-entropy of logits (batch, 1) against one label."""
    labels = ops.full_like(logits, label)
    return ops.mean(ops.binary_crossentropy(labels, logits, from_logits=True))
