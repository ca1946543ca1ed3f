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
    """The losses at equilibrium: real and fake look alike, and D answers as well as it can.

    Attributes:
        discriminator: D's loss.
        generator: G's loss.
        perfect: D's loss where it is always right instead.
    """

    discriminator: float
    generator: float
    perfect: float


class Objective(NamedTuple):
    """What discriminator and generator minimise.

    Args:
        discriminator: Its loss, a scalar, from the logits (batch, 1) of real and of fake images.
        generator: Its loss, likewise.
        paired: Whether the generator's loss uses the real logits; else it is given None for them.
        equilibrium: The losses at equilibrium; None where logits have no scale, so that losses mean
            nothing by themselves.
        penalty: On the input gradients of the discriminator, if there is one.
    """

    discriminator: Callable[[Tensor, Tensor], Tensor]
    generator: Callable[[Tensor, Tensor], Tensor]
    paired: bool = False
    equilibrium: Equilibrium | None = None
    penalty: Penalty | None = None


def non_saturating(real_label: float = 1.0) -> Objective:
    """Return the losses of Goodfellow et al. 2014 with the non-saturating generator (section 3).

    D's loss is the mean cross-entropy over real images, labelled `real_label`, and fake images,
    labelled 0. G's is the cross-entropy of its fakes labelled 1. At equilibrium D's probability of
    "real" is `real_label` / 2 everywhere.

    Args:
        real_label: Below 1: one-sided label smoothing (Salimans et al. 2016, section 3.4).
    """
    answer = real_label / 2
    equilibrium = Equilibrium(_entropy(answer), -math.log(answer), _entropy(real_label) / 2)

    def discriminator(real: Tensor, fake: Tensor) -> Tensor:
        return (_cross_entropy(real_label, real) + _cross_entropy(0.0, fake)) / 2

    def generator(real: Tensor, fake: Tensor) -> Tensor:
        return _cross_entropy(1.0, fake)

    return Objective(discriminator, generator, paired=False, equilibrium=equilibrium)


def minimax(real_label: float = 1.0) -> Objective:
    """Return the zero-sum losses of Goodfellow et al. 2014 (equation 1); G's saturates.

    D's loss is that of `non_saturating`: with `real_label` 1 it is -V / 2. G's is the mean of
    log(1 - D(fake)), the part of V that it can change: at most 0, and flat where D recognises the
    fakes.

    Args:
        real_label: As for `non_saturating`.
    """
    answer = real_label / 2
    equilibrium = Equilibrium(_entropy(answer), math.log(1 - answer), _entropy(real_label) / 2)

    def generator(real: Tensor, fake: Tensor) -> Tensor:
        return -ops.mean(ops.softplus(fake))

    return non_saturating(real_label)._replace(generator=generator, equilibrium=equilibrium)


def least_squares() -> Objective:
    """Return the losses of Mao et al. 2017 (LSGAN): squared errors instead of cross-entropies.

    D's logits should be 1 for real and 0 for fake images; G wants 1. So an image on the right side
    of the boundary, but far from it, is still moved.
    """

    def discriminator(real: Tensor, fake: Tensor) -> Tensor:
        return (ops.mean((real - 1) ** 2) + ops.mean(fake**2)) / 2

    def generator(real: Tensor, fake: Tensor) -> Tensor:
        return ops.mean((fake - 1) ** 2) / 2

    equilibrium = Equilibrium(1 / 4, 1 / 8, perfect=0.0)  # D answers 1/2
    return Objective(discriminator, generator, paired=False, equilibrium=equilibrium)


def hinge() -> Objective:
    """Return the hinge losses of Lim and Ye 2017.

    Real logits above 1 and fake ones below -1 cost D nothing. G's loss is minus the mean logit of
    its fakes.
    """

    def discriminator(real: Tensor, fake: Tensor) -> Tensor:
        return ops.mean(ops.relu(1 - real)) + ops.mean(ops.relu(1 + fake))

    equilibrium = Equilibrium(2.0, 0.0, perfect=0.0)  # D answers 0
    return Objective(discriminator, _raise, paired=False, equilibrium=equilibrium)


def wasserstein() -> Objective:
    """Return the losses of Arjovsky et al. 2017, in which D is a critic without a scale.

    D's loss is the mean logit of fakes minus that of real images, G's is minus the mean logit of
    its fakes. The input gradients of D must be bounded: with the penalty `wgan_gp` minus D's loss
    is about the Wasserstein-1 distance between real and fake images.
    """

    def discriminator(real: Tensor, fake: Tensor) -> Tensor:
        return ops.mean(fake) - ops.mean(real)

    return Objective(discriminator, _raise, paired=False, equilibrium=None)


def relativistic() -> Objective:
    """Return relativistic pairing losses (Jolicoeur-Martineau 2019; Huang et al. 2024, R3GAN).

    Each fake is compared with one real image: D's loss is the mean of softplus(D(fake) - D(real)),
    G's that of softplus(D(real) - D(fake)). So G is also rewarded for lower real logits, and
    dropping a digit costs it.
    """

    def discriminator(real: Tensor, fake: Tensor) -> Tensor:
        return ops.mean(ops.softplus(fake - real))

    def generator(real: Tensor, fake: Tensor) -> Tensor:
        return ops.mean(ops.softplus(real - fake))

    equilibrium = Equilibrium(math.log(2), math.log(2), perfect=0.0)
    return Objective(discriminator, generator, paired=True, equilibrium=equilibrium)


OBJECTIVES: dict[str, Callable[[float], Objective]] = {  # by name; given the label of real images
    "non_saturating": non_saturating,
    "minimax": minimax,
    "least_squares": lambda _: least_squares(),
    "hinge": lambda _: hinge(),
    "wasserstein": lambda _: wasserstein(),
    "relativistic": lambda _: relativistic(),
}


def _raise(real: Tensor, fake: Tensor) -> Tensor:
    """Return minus the mean of fake logits (batch, 1)."""
    return -ops.mean(fake)


def _entropy(p: float) -> float:
    """Return the entropy in nats of a coin that shows heads with probability p."""
    return -sum(q * math.log(q) for q in (p, 1 - p) if q)


def _cross_entropy(label: float, logits: Tensor) -> Tensor:
    """Return the mean binary cross-entropy of logits (batch, 1) against one label."""
    labels = ops.full_like(logits, label)
    return ops.mean(ops.binary_crossentropy(labels, logits, from_logits=True))
