"""The losses of discriminator and generator."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from mnist_gan.support.lazy import ops

if TYPE_CHECKING:
    from mnist_gan.objectives.penalties import Penalty


Tensor = Any  # whatever tensor the Keras backend has


class Equilibrium(NamedTuple):
    """The losses of a game in which real and fake look alike and D makes the best of it."""

    discriminator: float
    generator: float
    perfect: float  # D's loss where it is never wrong instead


class Objective(NamedTuple):
    """The two losses of a game, `discriminator(real, fake)` and `generator(real, fake)`.

    Both take logits of shape (batch, 1) and return a scalar to be made small. A generator's loss
    that is not `paired` makes no use of the real logits and is given None for them. There is no
    `equilibrium` where D's answers have no scale, and losses therefore no meaning by themselves.
    """

    discriminator: Callable[[Tensor, Tensor], Tensor]
    generator: Callable[[Tensor, Tensor], Tensor]
    paired: bool
    equilibrium: Equilibrium | None
    penalty: Penalty | None = None  # on the input gradients of D


def non_saturating(real_label: float = 1.0) -> Objective:
    """Return the game of Goodfellow et al. 2014 (section 3) with the non-saturating generator.

    The discriminator's loss is the mean cross-entropy over real rows, labelled `real_label`
    (below 1: one-sided label smoothing, Salimans et al. 2016, section 3.4), and fake rows,
    labelled 0; the generator's is the cross-entropy of its fakes labelled 1. At equilibrium D
    answers `real_label` / 2 to every image.
    """
    answer = real_label / 2
    equilibrium = Equilibrium(_entropy(answer), -math.log(answer), _entropy(real_label) / 2)

    def discriminator(real: Tensor, fake: Tensor) -> Tensor:
        return (_cross_entropy(real_label, real) + _cross_entropy(0.0, fake)) / 2

    def generator(real: Tensor, fake: Tensor) -> Tensor:
        return _cross_entropy(1.0, fake)

    return Objective(discriminator, generator, paired=False, equilibrium=equilibrium)


def minimax(real_label: float = 1.0) -> Objective:
    """Return the zero-sum game of Goodfellow et al. 2014 (equation 1), whose generator saturates.

    The discriminator's loss is that of `non_saturating`: with `real_label` 1 it is -V / 2. The
    generator's is the mean of log(1 - D(fake)), the part of V that it can change: at most 0, and
    flat where D is sure of the fakes.
    """
    answer = real_label / 2
    equilibrium = Equilibrium(_entropy(answer), math.log(1 - answer), _entropy(real_label) / 2)

    def generator(real: Tensor, fake: Tensor) -> Tensor:
        return -ops.mean(ops.softplus(fake))

    return non_saturating(real_label)._replace(generator=generator, equilibrium=equilibrium)


def least_squares() -> Objective:
    """Return the game of Mao et al. 2017 (LSGAN): squared errors instead of cross-entropies.

    D's logits themselves are its answers, 1 for real and 0 for fake; the generator wants 1. An
    image on the right side, but far from the border, is drawn towards it all the same.
    """

    def discriminator(real: Tensor, fake: Tensor) -> Tensor:
        return (ops.mean((real - 1) ** 2) + ops.mean(fake**2)) / 2

    def generator(real: Tensor, fake: Tensor) -> Tensor:
        return ops.mean((fake - 1) ** 2) / 2

    equilibrium = Equilibrium(1 / 4, 1 / 8, perfect=0.0)  # D answers 1/2
    return Objective(discriminator, generator, paired=False, equilibrium=equilibrium)


def hinge() -> Objective:
    """Return the game of Lim and Ye 2017: D learns from what it is not yet sure of, G from D.

    Real logits above 1 and fake ones below -1 cost D nothing; the generator's loss is the mean
    logit of its fakes, turned round.
    """

    def discriminator(real: Tensor, fake: Tensor) -> Tensor:
        return ops.mean(ops.relu(1 - real)) + ops.mean(ops.relu(1 + fake))

    equilibrium = Equilibrium(2.0, 0.0, perfect=0.0)  # D answers 0
    return Objective(discriminator, _raise, paired=False, equilibrium=equilibrium)


def wasserstein() -> Objective:
    """Return the game of Arjovsky et al. 2017, in which D is a critic without any scale.

    D's loss is the mean logit of fakes minus that of real images, the generator's the mean logit
    of its fakes, turned round. It needs a D whose slopes are bounded, so a penalty on them: as in
    Gulrajani et al. 2017 ("wgan_gp" in `GanStep`), minus D's loss is then about the
    Wasserstein-1 distance between real and fake images.
    """

    def discriminator(real: Tensor, fake: Tensor) -> Tensor:
        return ops.mean(fake) - ops.mean(real)

    return Objective(discriminator, _raise, paired=False, equilibrium=None)


def relativistic() -> Objective:
    """Return the relativistic pairing game (Jolicoeur-Martineau 2019; Huang et al. 2024, R3GAN).

    Each fake is compared with one real image: the discriminator's loss is the mean of
    softplus(D(fake) - D(real)), the generator's that of softplus(D(real) - D(fake)). So the
    generator must also pull real logits down, and no digit can be dropped for free.
    """

    def discriminator(real: Tensor, fake: Tensor) -> Tensor:
        return ops.mean(ops.softplus(fake - real))

    def generator(real: Tensor, fake: Tensor) -> Tensor:
        return ops.mean(ops.softplus(real - fake))

    equilibrium = Equilibrium(math.log(2), math.log(2), perfect=0.0)
    return Objective(discriminator, generator, paired=True, equilibrium=equilibrium)


OBJECTIVES: dict[str, Callable[[float], Objective]] = {  # by name, given the label of real images
    "non_saturating": non_saturating,
    "minimax": minimax,
    "least_squares": lambda real_label: least_squares(),
    "hinge": lambda real_label: hinge(),
    "wasserstein": lambda real_label: wasserstein(),
    "relativistic": lambda real_label: relativistic(),
}


def _raise(real: Tensor, fake: Tensor) -> Tensor:
    """Return the loss of a generator that wants its logits (batch, 1) as high as can be."""
    return -ops.mean(fake)


def _entropy(p: float) -> float:
    """Return the entropy in nats of a coin that shows heads with probability p."""
    return -sum(q * math.log(q) for q in (p, 1 - p) if q)


def _cross_entropy(label: float, logits: Tensor) -> Tensor:
    """Return the mean binary cross-entropy of logits (batch, 1) against one label."""
    labels = ops.full_like(logits, label)
    return ops.mean(ops.binary_crossentropy(labels, logits, from_logits=True))
