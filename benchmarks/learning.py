"""Whether every variant learned what the tutorial learned, judged from the weights alone."""

from collections.abc import Mapping

import numpy as np

from benchmarks.recipe import LATENT, REAL_LABEL, SLOPE, Layer, Variant, Weights

ROWS = 512  # real images and fakes in one judgement
JUDGEMENTS = 10  # of the last steps, evenly spread
LAST = 50  # steps

# Allowed difference from the tutorial in the same run, after STEPS steps: 3.5 to 5 times the
# typical difference of an honest variant (root mean square over 110 pairs: 5 seeds of the tutorial
# with 22 runs of it, the package, PyTorch and JAX on MNIST). Measured faults are in
# tests/test_benchmark.py. It cannot see half a batch (its first layer moves 7 % less): that shows
# in the ratio to the floor, which falls towards one half.
STEPS = 150  # later, losses swing more from seed to seed
BAND = {
    "discriminator_loss": 0.07,  # 0.015
    "generator_loss": 0.30,  # 0.070
    "real_score": 0.16,  # 0.044
    "fake_score": 0.11,  # 0.027
    "generator_moved": 0.08,  # 0.019
    "generator_first_moved": 0.10,  # 0.027
    "discriminator_moved": 0.06,  # 0.013
}
RELATIVE = {name for name in BAND if name.endswith("_moved")}  # as shares of the tutorial's

Measures = dict[str, float]


def learn(variant: Variant, images: np.ndarray, steps: int) -> Measures:
    """Make `steps` steps; return the means over the last LAST of them, and how far all moved."""
    before = _weights(variant)
    every = max(1, min(LAST, steps) // JUDGEMENTS)
    variant.run(steps - every * JUDGEMENTS)
    judgements = []
    for _ in range(JUDGEMENTS):
        variant.run(every)
        after = _weights(variant)
        judgements.append(judge(after, images))
    means = {name: float(np.mean([each[name] for each in judgements])) for name in judgements[0]}
    return {**means, **moved(before, after)}


def _weights(variant: Variant) -> Weights:
    """Return the weights of a variant that learns; only the floors have none."""
    weights = variant.weights()
    assert weights is not None
    return weights


def judge(weights: Weights, images: np.ndarray) -> Measures:
    """Return losses and mean scores on the same images and latents for everyone, no dropout."""
    rng = np.random.default_rng(1)
    latents = rng.normal(size=(ROWS, LATENT)).astype(np.float32)
    real = _forward(weights.discriminator, images[rng.integers(len(images), size=ROWS)])
    fake = _forward(weights.discriminator, np.tanh(_forward(weights.generator, latents)))
    loss_real = REAL_LABEL * _softplus(-real) + (1 - REAL_LABEL) * _softplus(real)
    return {
        "discriminator_loss": float(loss_real.mean() + _softplus(fake).mean()) / 2,
        "generator_loss": float(_softplus(-fake).mean()),
        "real_score": float(np.exp(-_softplus(-real)).mean()),
        "fake_score": float(np.exp(-_softplus(-fake)).mean()),
    }


def moved(before: Weights, after: Weights) -> Measures:
    """Return how far weights moved (root mean square, in thousandths); Adam makes it steady."""
    first = before.generator[:1], after.generator[:1]  # feels every change in D's gradients most
    return {
        "generator_moved": 1000 * _distance(before.generator, after.generator),
        "generator_first_moved": 1000 * _distance(*first),
        "discriminator_moved": 1000 * _distance(before.discriminator, after.discriminator),
    }


def _forward(weights: list[Layer], values: np.ndarray) -> np.ndarray:
    """Return the output of dense layers, before any last activation, for rows (n, in)."""
    for kernel, bias in weights[:-1]:
        values = values @ kernel + bias
        values = np.maximum(values, SLOPE * values)
    return values @ weights[-1][0] + weights[-1][1]


def _softplus(logits: np.ndarray) -> np.ndarray:
    return np.logaddexp(0, logits)


def _distance(*pair: list[Layer]) -> float:
    """Return the root mean square of the difference of all weights."""
    old, new = (np.concatenate([part.ravel() for layer in one for part in layer]) for one in pair)
    return float(np.sqrt(np.mean((new - old).astype(np.float64) ** 2)))


def faults(learned: Mapping[str, Measures], reference: str) -> dict[str, list[str]]:
    """Return the measures that are outside the band, for each variant that has any.

    The band lies around what the `reference` variant learned, which itself must have moved.
    """
    wanted = learned[reference]
    found = {
        name: [measure for measure in wanted if not _agree(measure, measures, wanted)]
        for name, measures in learned.items()
    }
    return {name: measures for name, measures in found.items() if measures}


def _agree(measure: str, measures: Measures, wanted: Measures) -> bool:
    """Return whether one measure is inside the band."""
    value, middle = measures[measure], wanted[measure]
    width = BAND[measure] * (middle if measure in RELATIVE else 1)
    return abs(value - middle) <= width and (value > 0 or measure not in RELATIVE)
