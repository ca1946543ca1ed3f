"""Names from files and from people, as sentences show them."""

import re
from collections.abc import Iterable

LONGEST_WORD, LONGEST = 200, 1000  # characters of a word and of a sentence


def several(names: Iterable[str], most: int = 3) -> str:
    """Return some names for a sentence, each escaped and shortened, at most so many.

    >>> several(["a", "b", "c", "d"])
    'a, b, c and 1 more'
    """
    names = list(names)
    shown = ", ".join(printable(name) for name in names[:most])
    return f"{shown} and {len(names) - most:,} more" if len(names) > most else shown


def escaped(text: object) -> str:
    """Return text as one line, with all but printable characters escaped.

    >>> escaped("a" + chr(27) + "b") == "a" + chr(92) + "x1bb"
    True
    """
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in str(text))


def printable(text: object, most: int = 60) -> str:
    """Return text with control characters escaped, and its middle left out where it is long."""
    return _middle_out(escaped(text), most)


def shortened(text: object) -> str:
    """Return a sentence with control characters escaped, its words and itself of moderate length.

    Whatever a sentence quotes from a file or an argument, it can be read and stays one line.

    >>> len(shortened("a" * 5000 + " is no run.")) < 230
    True
    """
    plain = escaped(str(text)[: 10 * LONGEST])
    words = re.sub(
        rf"\S{{{LONGEST_WORD + 1},}}", lambda found: _middle_out(found[0], LONGEST_WORD), plain
    )
    return _middle_out(words, LONGEST)


def _middle_out(text: str, most: int) -> str:
    """Return text, without its middle where it has more than so many characters."""
    return text if len(text) <= most else f"{text[: most // 2]}...{text[-most // 2 :]}"
