"""The values of an evaluation as a table and in words."""

from collections.abc import Collection, Mapping

from mnist_gan.evaluation.diagnostics import COPYING, MISSING
from mnist_gan.evaluation.table import AGREEMENT, METRICS

OPINIONS = ("frechet_distance", "frechet_distance_b", "frechet_distance_pixels")
FAR = 1000  # times the Fréchet distance of real digits, beyond which nothing is alike
RARE = 0.5  # of its share among real digits
NEAR, EVEN = 0.1, 0.05  # how far a place may be from 0, and from 1, to be called the same

Values = Mapping[str, float]


def table(values: Values, real: Values, placed: Values) -> str:
    """Return the values beside those of real digits, with their places where there are any."""
    without = "needs MNIST" if placed else "MNIST only"  # which other digits have no part in
    lines = [f"{'':20}{'this':>12}{'real':>12}{'place':>10}"]
    for metric in METRICS:
        name, digits = metric.name, metric.digits
        if name == AGREEMENT and name not in values:
            continue
        if name not in values:
            lines.append(f"{metric.label:20}{without:>12}")
            continue
        cell = f"{real[name]:.{digits}f}" if name in real else "-"
        place = f"{placed[name]:.2f}" if name in placed else "-"
        lines.append(f"{metric.label:20}{values[name]:12.{digits}f}{cell:>12}{place:>10}")
    for title, shares in (("digits 0-9, %", values), ("  real", real)):
        cells = (100 * shares[f"digit_{digit}"] for digit in range(10))
        lines.append(f"{title:14}" + "".join(f"{cell:4.0f}" for cell in cells))
    if placed:
        lines.append("place: 0 real digits, 1 the tutorial's after 100 epochs")
    return "\n".join(lines)


def in_words(
    values: Values, real: Values, placed: Values, asked: Collection[int] = range(10)
) -> str:
    """Return one sentence on how good the digits are, how evenly spread, and whether new.

    The `asked` digits are those of which there may be too few.
    """
    parts = [_quality(values, real, placed), _spread(values, real, asked)]
    if AGREEMENT in values:
        parts.append(f"{values[AGREEMENT]:.1%} show the digit that was asked for")
    if "c_t" in values:
        copied = values["c_t"] < COPYING
        parts.append("they are copies of training images" if copied else "none looks like a copy")
    return "; ".join(parts) + "."


def _quality(values: Values, real: Values, placed: Values) -> str:
    """Return what the three distances say together."""
    if not placed:
        times = values["frechet_distance"] / real["frechet_distance"]
        if times > FAR:
            return "These are nothing like digits of the kind yet"
        factor = f"{times:.0f} times" if times > 1.5 else "about"
        return f"The Fréchet distance is {factor} that of other real digits of the kind"
    spots = [placed[name] for name in OPINIONS]
    listed = ", ".join(f"{spot:.2f}" for spot in spots)
    yardstick = "the tutorial's GAN after 100 epochs"
    if max(spots) < NEAR:
        return f"By all three opinions ({listed}) these come close to real digits"
    if max(spots) < 1 - EVEN:
        return f"By all three opinions ({listed}) these are nearer to real digits than {yardstick}"
    if min(spots) > 1 + EVEN:
        return f"By all three opinions ({listed}) these are worse than {yardstick}"
    return f"The opinions differ ({listed}), so call these as good as {yardstick}"


def _spread(values: Values, real: Values, asked: Collection[int]) -> str:
    """Return which digits come too seldom."""
    shown = [digit for digit in sorted(asked) if real[f"digit_{digit}"] > 0.01]
    relative = {digit: values[f"digit_{digit}"] / real[f"digit_{digit}"] for digit in shown}
    missing = [str(digit) for digit in shown if relative[digit] < MISSING]
    rare = [str(digit) for digit in shown if MISSING <= relative[digit] < RARE]
    if missing:
        return f"{', '.join(missing)} hardly ever occur{'s' if len(missing) == 1 else ''}"
    if rare:
        return f"{', '.join(rare)} {'are' if len(rare) > 1 else 'is'} rare"
    return "every digit occurs about as often as it should" if len(shown) > 1 else "one digit only"
