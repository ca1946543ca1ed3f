"""The values of an evaluation as a table and in words."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import TYPE_CHECKING

from mnist_gan.evaluation.diagnostics import COPYING, MISSING
from mnist_gan.evaluation.table import AGREEMENT, CLASS, CLASSES_KL, DIGITS, METRICS
from mnist_gan.support.text import escaped, printable, several
from mnist_gan.support.units import counted

if TYPE_CHECKING:
    from mnist_gan.runs import Evaluation

LABEL, CELL = 20, 12  # characters of a row's label, and of each value
DISTANCES = ("frechet_distance", "frechet_distance_b", "frechet_distance_pixels")
FAR = 1000  # times the Fréchet distance of real digits, beyond which images are no digits
RARE = 0.5  # of its share among real digits
SHOWN = 0.1  # of an even share among real images, below which a class is not expected
NOT_OF_DIGITS = (AGREEMENT, CLASSES_KL)  # metrics that are left out where there are none
NEAR, EVEN = 0.1, 0.05  # how far a score may be from 0, and from 1, to count as equal

Values = Mapping[str, float]


def table(values: Values, real: Values, scores: Values) -> str:
    """Return the values beside those of real digits, as a table.

    Args:
        values: Metrics of the generated images, by name.
        real: Those of real digits.
        scores: Normalised scores, empty for digits other than MNIST's.
    """
    absent = "needs MNIST" if scores else "MNIST only"
    lines = [f"{'':20}{'this':>12}{'real':>12}{'normalised':>13}"]
    has_digits = DIGITS[0] in real
    for metric in METRICS:
        name, digits = metric.name, metric.digits
        if name not in values and (name in NOT_OF_DIGITS or not has_digits):
            continue
        if name not in values:
            lines.append(f"{metric.label:20}{absent:>12}")
            continue
        cell = f"{real[name]:.{digits}f}" if name in real else "-"
        score = f"{scores[name]:.2f}" if name in scores else "-"
        lines.append(f"{metric.label:20}{values[name]:12.{digits}f}{cell:>12}{score:>13}")
    for title, shares in (("digits 0-9, %", values), ("  real", real)) if has_digits else ():
        cells = (100 * shares[f"digit_{digit}"] for digit in range(10))
        lines.append(f"{title:14}" + "".join(f"{cell:4.0f}" for cell in cells))
    for name in _classes(real):
        lines.append(
            f"{_share(name):20}{100 * values[name]:12.1f}{100 * real[name]:12.1f}{'-':>13}"
        )
    if scores:
        lines.append("normalised: 0 real digits, 1 the tutorial's after 100 epochs")
    return "\n".join(lines)


def tables(evaluations: Sequence[Evaluation], width: int) -> str:
    """Return the values of several generators, numbered #1 and on, side by side.

    Generators that were compared with other real images have a table of their own. A table with
    more generators than fit goes on below.

    Args:
        evaluations: The evaluations, in the order of the numbers.
        width: How many characters a line may have, at least 60.
    """
    groups: dict[Hashable, list[int]] = {}
    for place, each in enumerate(evaluations):
        groups.setdefault((each.against, *each.real.items()), []).append(place)
    most = (width - LABEL - CELL) // CELL
    blocks = []
    for places in groups.values():
        one = evaluations[places[0]]
        blocks.append(f"{counted(one.samples, 'sample')} against {escaped(one.against)}")
        blocks += [
            _block(evaluations, places[start : start + most])
            for start in range(0, len(places), most)
        ]
    return "\n\n".join(blocks)


def _block(evaluations: Sequence[Evaluation], places: Sequence[int]) -> str:
    """Return the values of generators that fit beside each other, and those of real digits."""
    shown = [evaluations[place] for place in places]
    real = shown[0].real
    heads = [f"#{place + 1}" for place in places]
    lines = [_row("", [*heads, "real"])]
    for metric in METRICS:
        cells = [_cell(each.values, metric.name, metric.digits) for each in shown]
        if set(cells) == {"-"}:
            if metric.name in NOT_OF_DIGITS or DIGITS[0] not in real:
                continue
            cells = ["needs MNIST" if shown[0].places else "MNIST only"] * len(cells)
        cells.append(_cell(real, metric.name, metric.digits))
        lines.append(_row(metric.label, cells))
    for digit, name in enumerate(DIGITS) if DIGITS[0] in real else ():
        shares = [100 * values[name] for values in (*(each.values for each in shown), real)]
        lines.append(_row(f"digit {digit}, %", [f"{share:.0f}" for share in shares]))
    for name in _classes(real):
        shares = [100 * values[name] for values in (*(each.values for each in shown), real)]
        lines.append(_row(_share(name), [f"{share:.1f}" for share in shares]))
    return "\n".join(lines)


def _classes(real: Values) -> list[str]:
    """Return the values that are shares of classes, where the images are no digits."""
    return [name for name in real if name.startswith(CLASS)]


def _share(name: str) -> str:
    """Return the label of the share of a class, which fits into its column."""
    return f"{printable(name.removeprefix(CLASS), 13)}, %"


def _cell(values: Values, name: str, digits: int) -> str:
    """Return a value as text, "-" where there is none."""
    return f"{values[name]:.{digits}f}" if name in values else "-"


def _row(label: str, cells: Sequence[str]) -> str:
    """Return a row of a table."""
    return f"{label:{LABEL}}" + "".join(f"{cell:>{CELL}}" for cell in cells)


def in_words(
    values: Values, real: Values, scores: Values, digits: Collection[int] = range(10)
) -> str:
    """Return one sentence on distances, rare or missing digits, and copying.

    Args:
        values: Metrics of the generated images, by name.
        real: Those of real digits.
        scores: Normalised scores, empty for digits other than MNIST's.
        digits: The digits that were to be learned, which may be rare or missing.
    """
    parts = [_describe_distances(values, real, scores)]
    classes, noun = {DIGITS[digit]: str(digit) for digit in sorted(digits)}, "digit"
    if DIGITS[0] not in real:
        parts.append(_describe_judges(real))
        classes, noun = {name: name.removeprefix(CLASS) for name in _classes(real)}, "class"
    if classes:
        parts.append(_describe_shares(values, real, classes, noun))
    if AGREEMENT in values:
        parts.append(f"{values[AGREEMENT]:.1%} show the {noun} that was asked for")
    if "c_t" in values:
        copied = values["c_t"] < COPYING
        parts.append("they are copies of training images" if copied else "none looks like a copy")
    return "; ".join(parts) + "."


def _describe_judges(real: Values) -> str:
    """Return what images that are no digits were compared by."""
    own = "their pixels were compared"
    if AGREEMENT in real:
        own += (
            ", and their classes by a classifier trained on the labels (right on "
            f"{real[AGREEMENT]:.1%} of real images)"
        )
    return f"MNIST's classifiers do not know such images, so {own}"


def _describe_distances(values: Values, real: Values, scores: Values) -> str:
    """Return what the three Fréchet distances say together."""
    if not scores:
        times = values["frechet_distance"] / real["frechet_distance"]
        if times > FAR:
            return "These do not look like images of this kind yet"
        factor = f"{times:.0f} times" if times > 1.5 else "about"
        return f"The Fréchet distance is {factor} that of other real images of this kind"
    found = [scores[name] for name in DISTANCES]
    listed = ", ".join(f"{score:.2f}" for score in found)
    tutorial = "the tutorial's GAN after 100 epochs"
    if max(found) < NEAR:
        return f"By all three distances ({listed}) these come close to real digits"
    if max(found) < 1 - EVEN:
        return f"By all three distances ({listed}) these are nearer to real digits than {tutorial}"
    if min(found) > 1 + EVEN:
        return f"By all three distances ({listed}) these are worse than {tutorial}"
    return f"The distances disagree ({listed}), so these are about as good as {tutorial}"


def _describe_shares(values: Values, real: Values, classes: Mapping[str, str], noun: str) -> str:
    """Return which digits or classes, of the given names by that of the value, are missing."""
    least = SHOWN / len(classes)
    shown = {name: called for name, called in classes.items() if real[name] > least}
    relative = {called: values[name] / real[name] for name, called in shown.items()}
    missing = [called for called, share in relative.items() if share < MISSING]
    rare = [called for called, share in relative.items() if MISSING <= share < RARE]
    if missing:
        return f"{several(missing, 10)} hardly ever occur{'s' if len(missing) == 1 else ''}"
    if rare:
        return f"{several(rare, 10)} {'are' if len(rare) > 1 else 'is'} rare"
    return (
        f"every {noun} occurs about as often as it should" if len(shown) > 1 else f"one {noun} only"
    )
