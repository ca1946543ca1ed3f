"""The numbers behind the derivations: integrands, boxes that do not overlap, a game of two numbers.

The game of two numbers is the smallest there is (Mescheder et al. 2018, "Which training methods for
GANs do actually converge?"): every real sample is 0, every generated one is G's only number theta,
and D's logit at x is psi x, with psi its only number.
"""

from collections.abc import Sequence

import numpy as np
import scipy

from mnist_gan.lab.theory.columns import Columns
from mnist_gan.lab.theory.model import Normal

WEIGHTS = ((0.3, 0.1), (0.2, 0.2), (0.1, 0.3))  # pairs (a, b) whose value is drawn
BOX_GAPS = np.linspace(0, 3, 121)  # between two boxes of width 1
THETAS = np.linspace(-6, 6, 121)
PSIS = (0.5, 1.0, 2.0)  # fixed discriminators
PATH_RATE, PATH_STEPS = 0.1, 500  # of gradient descent in the game of two numbers


def pointwise(weights: Sequence[tuple[float, float]] = WEIGHTS) -> Columns:
    """Compute a log y + b log(1 - y), the value of the game at one point, for each answer y of D.

    Args:
        weights: Densities a of real and b of generated samples at the point.

    Returns:
        Columns y and, for each pair, "a,b".
    """
    y = np.linspace(0.005, 0.995, 199)
    values = {f"{a:g},{b:g}": a * np.log(y) + b * np.log(1 - y) for a, b in weights}
    return {"y": y, **values}


def contributions(p: Normal, q: Normal, x: np.ndarray) -> Columns:
    """Compute what each point contributes to the Jensen-Shannon divergence.

    Args:
        p: One density.
        q: The other density.
        x: Points (n,).

    Returns:
        Columns x, p, q, m (their mean), and jsd: the integrand.
    """
    log_p, log_q = p.log_density(x), q.log_density(x)
    log_m = np.logaddexp(log_p, log_q) - np.log(2)
    real, fake = np.exp(log_p), np.exp(log_q)
    integrand = (real * (log_p - log_m) + fake * (log_q - log_m)) / 2
    return {"x": x, "p": real, "q": fake, "m": np.exp(log_m), "jsd": integrand}


def boxes(gaps: np.ndarray = BOX_GAPS) -> Columns:
    """Compute divergences of the uniform densities on [0, 1] and [gap, gap + 1].

    Where only one of them is above 0, log(p / m) is log 2, so JSD is the share of a box that does
    not overlap, times log 2. KL is infinite as soon as p is above 0 where q is 0.

    Args:
        gaps: Gaps (n,), from 0 on.

    Returns:
        Columns gap, jsd, and w1: the Wasserstein-1 distance. KL has none: it is 0 at gap 0 only.
    """
    return {"gap": gaps, "jsd": np.minimum(gaps, 1) * np.log(2), "w1": gaps}


def fixed_discriminators() -> Columns:
    """Compute G's part of V in the game of two numbers, log(1 - D(theta)), for fixed D.

    Returns:
        Columns theta and, for each of PSIS, its name: concave in theta, where G wants a minimum.
    """
    values = {f"psi {psi:g}": scipy.special.log_expit(-psi * THETAS) for psi in PSIS}
    return {"theta": THETAS, **values}


def path(penalty: float) -> Columns:
    """Follow simultaneous gradient descent in the game of two numbers.

    Args:
        penalty: Weight of R1: half the squared input gradient of D at the real sample, psi^2 / 2.

    Returns:
        Columns step, theta and psi, from (1, 0) on.
    """
    theta, psi = 1.0, 0.0
    points = [(theta, psi)]
    for _ in range(PATH_STEPS):
        score = scipy.special.expit(psi * theta)  # D at the generated sample
        # V = log D(0) + log(1 - D(theta)); D(0) is 1/2 whatever psi is
        theta, psi = (
            theta + PATH_RATE * score * psi,
            psi - PATH_RATE * (score * theta + penalty * psi),
        )
        points.append((theta, psi))
    thetas, psis = np.transpose(points)
    return {"step": np.arange(PATH_STEPS + 1), "theta": thetas, "psi": psis}
