"""Targets that a person gives: a formula of normal densities, or a file of numbers."""

import re
from pathlib import Path

import numpy as np

from mnist_gan.lab.gaussian.densities import SHAPES, Shape, Target, normal
from mnist_gan.support.errors import UserError
from mnist_gan.support.reading import read_bytes, reading
from mnist_gan.support.text import printable

NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
TERM = rf"\s*(?:({NUMBER})\s*\*\s*)?N\(\s*({NUMBER})\s*,\s*({NUMBER})\s*\)\s*"
FORMULA = re.compile(rf"{TERM}(?:\+{TERM})*")
EXAMPLE = "0.3*N(0,1)+0.7*N(4,0.5)"
MOST_TERMS = 20
LARGEST = 1e6  # mean or standard deviation, as of --mean and --std
LARGEST_FILE = 50_000_000  # bytes
FEWEST = 100  # numbers in a file


def open_target(text: str, mean: float = 4.0, std: float = 1.25) -> Target:
    """Return a target.

    Args:
        text: The name of a shape, a formula such as EXAMPLE, or a CSV file with a number a line.
        mean: Of a shape by name.
        std: Standard deviation of a shape by name.

    Raises:
        UserError: Where the formula or the file cannot be read.
    """
    if text in SHAPES:
        return Target(text, mean, std)
    return _from_file(Path(text)) if text.lower().endswith(".csv") else _from_formula(text)


def _from_formula(text: str) -> Target:
    """Return the mixture of a formula."""
    if len(text) > 2000 or not FORMULA.fullmatch(text):
        raise UserError(f"--target {printable(text, 80)} is no sum of terms as in {EXAMPLE}.")
    found = re.findall(TERM, text)
    weights, means, stds = np.array([[float(part or 1) for part in term] for term in found]).T
    if len(found) > MOST_TERMS or not abs(weights.sum() - 1) < 1e-3 or weights.min() <= 0:
        raise UserError(
            f"--target {printable(text, 80)}: the weights should be above 0, at most {MOST_TERMS}, "
            f"and sum to 1, as in {EXAMPLE}."
        )
    if stds.min() <= 0 or max(stds.max(), np.abs(means).max()) > LARGEST:
        raise UserError(
            f"--target {printable(text, 80)}: N(mean, standard deviation) takes a standard "
            f"deviation above 0, and numbers up to {LARGEST:,.0f}."
        )
    return _mixture(text, weights / weights.sum(), means, stds)


def _mixture(text: str, weights: np.ndarray, means: np.ndarray, stds: np.ndarray) -> Target:
    """Return a mixture of normal densities as a target with a shape of its own."""
    mean = float(weights @ means)
    std = float(np.sqrt(weights @ (stds**2 + (means - mean) ** 2)))
    means, stds = (means - mean) / std, stds / std  # of the standardised shape

    def draw(rng: np.random.Generator, count: int) -> np.ndarray:
        terms = rng.choice(len(weights), count, p=weights)
        return means[terms] + stds[terms] * rng.standard_normal(count)

    def density(x: np.ndarray) -> np.ndarray:
        parts = [w * normal(x, m, s) for w, m, s in zip(weights, means, stds, strict=True)]
        return np.sum(parts, axis=0)

    skew = float(weights @ (means**3 + 3 * means * stds**2))
    fourth = float(weights @ (means**4 + 6 * means**2 * stds**2 + 3 * stds**4))
    return Target(text.replace(" ", ""), mean, std, Shape(draw, density, skew, fourth - 3))


def _from_file(path: Path) -> Target:
    """Return the target of a file's numbers, which are drawn again and again."""
    numbers = _numbers(path)
    mean, std = float(numbers.mean()), float(numbers.std())
    if not 0 < std <= LARGEST or abs(mean) > LARGEST:
        raise UserError(
            f"{printable(path, 80)}: its numbers should differ and stay below {LARGEST:,.0f}."
        )
    standard = (numbers - mean) / std
    bins = min(100, max(10, round(len(numbers) ** 0.5)))
    heights, edges = np.histogram(standard, bins, density=True)

    def draw(rng: np.random.Generator, count: int) -> np.ndarray:
        return rng.choice(standard, count)

    def density(x: np.ndarray) -> np.ndarray:
        places = np.clip(np.searchsorted(edges, x, side="right") - 1, 0, bins - 1)
        return np.where((x >= edges[0]) & (x <= edges[-1]), heights[places], 0.0)

    skew, kurtosis = float(np.mean(standard**3)), float(np.mean(standard**4) - 3)
    return Target(printable(path.name, 80), mean, std, Shape(draw, density, skew, kurtosis))


def _numbers(path: Path) -> np.ndarray:
    """Return the numbers of a file, one a line; a first line without a number is a heading."""
    with reading(path, "file of numbers"):
        lines = read_bytes(path, LARGEST_FILE).decode("utf-8-sig").split("\n")
    found = []
    for place, line in enumerate(lines):
        text = line.strip()
        if not text:
            continue
        try:
            found.append(float(text))
        except ValueError:
            if found or place:
                raise UserError(
                    f"Line {place + 1} of {printable(path, 80)} is {printable(text, 40)!r}; each "
                    "line should be one number."
                ) from None
    numbers = np.array(found)
    if len(numbers) < FEWEST or not np.isfinite(numbers).all():
        raise UserError(
            f"{printable(path, 80)} holds {len(numbers)} numbers; at least {FEWEST} finite ones "
            "are needed."
        )
    return numbers
