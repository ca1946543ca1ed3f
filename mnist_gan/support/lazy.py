"""`keras.ops`, imported when it is first used."""

from typing import Any


class _Ops:
    """Stands for `keras.ops`, so that losses have names before a backend is loaded."""

    def __getattr__(self, name: str) -> Any:
        """Return a function of `keras.ops`."""
        from keras import ops as found

        return getattr(found, name)


ops = _Ops()
