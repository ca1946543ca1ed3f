"""Lengths of time, sizes and counts as people say them."""


def duration(seconds: float) -> str:
    """Return a length of time as people say it.

    >>> duration(75), duration(4000)
    ('1 min 15 s', '1 h 6 min')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def megabytes(size: float) -> str:
    """Return a number of bytes in MB, at least 1."""
    return f"{max(1, round(size / 1e6)):,} MB"


def counted(number: int, noun: str) -> str:
    """Return so many of something.

    >>> counted(1, "epoch"), counted(60_000, "image")
    ('1 epoch', '60,000 images')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
