"""`keras.ops`, imported when it is first used."""

from typing import Any


class _Ops:
    """A stand-in for `keras.ops`, so that importing a loss does not load a backend."""

    def __getattr__(self, name: str) -> Any:
        """Return a function of `keras.ops`."""
        from keras import ops as keras_ops

        return getattr(keras_ops, name)


ops = _Ops()
