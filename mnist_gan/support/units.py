"""Lengths of time, sizes and counts in words."""

import math


def duration(seconds: float) -> str:
    """Return a length of time in words.

    >>> duration(75), duration(4000)
    ('1 min 15 s', '1 h 6 min')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def span(low: float, high: float) -> str:
    """Return a range of times in words.

    Args:
        low: The shortest time, in seconds.
        high: The longest time, in seconds.

    Returns:
        The range in seconds, minutes or hours.

    >>> span(24.1, 31), span(700, 1000), span(10000, 13000)
    ('24 to 31 s', '11 to 17 min', '2.7 to 3.7 h')
    """
    if high < 300:
        return f"{math.floor(low)} to {math.ceil(high)} s"
    if high < 7200:
        return f"{math.floor(low / 60)} to {math.ceil(high / 60)} min"
    return f"{math.floor(low / 360) / 10} to {math.ceil(high / 360) / 10} h"


def megabytes(size: float) -> str:
    """Return a number of bytes in MB, at least 1 MB."""
    return f"{max(1, round(size / 1e6)):,} MB"


def counted(number: int, noun: str) -> str:
    """Return a number with its noun.

    Args:
        number: How many there are.
        noun: The noun in the singular.

    Returns:
        The number and the noun, in the plural if the number is not 1.

    >>> counted(1, "epoch"), counted(60_000, "image")
    ('1 epoch', '60,000 images')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
