"""Names from files and from people, as sentences show them."""

from collections.abc import Iterable


def several(names: Iterable[str], most: int = 3) -> str:
    """Return some names for a sentence, each escaped and shortened, at most so many.

    >>> several(["a", "b", "c", "d"])
    'a, b, c and 1 more'
    """
    names = list(names)
    shown = ", ".join(printable(name) for name in names[:most])
    return f"{shown} and {len(names) - most:,} more" if len(names) > most else shown


def escaped(text: object) -> str:
    """Return text with all but printable characters and line ends escaped.

    >>> escaped("a" + chr(27) + "b") == "a" + chr(92) + "x1bb"
    True
    """
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in str(text))


def printable(text: object, most: int = 60) -> str:
    """Return text with control characters escaped, and its middle left out where it is long."""
    plain = escaped(text).replace("\n", "\\n")
    return plain if len(plain) <= most else f"{plain[: most // 2]}...{plain[-most // 2 :]}"
