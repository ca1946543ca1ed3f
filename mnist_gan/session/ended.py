"""How a training ended: its run and the exit code."""

from typing import NamedTuple

from mnist_gan.runs import RunFolder

DIVERGED = 1  # the exit code of a training whose losses or weights are not finite


class Ended(NamedTuple):
    """A training that is finished, or was stopped."""

    run: RunFolder
    exit_code: int
