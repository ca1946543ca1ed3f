"""How an experiment ended is recorded in its run folder."""

from contextlib import suppress

import pytest

from mnist_gan.lab.record import experiment
from mnist_gan.runs import RunFolder
from tests.runs.test_runs import manifest


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (None, "finished"),
        (KeyboardInterrupt(), "interrupted"),
        (SystemExit(143), "interrupted"),  # as after SIGTERM
        (ValueError(), "failed"),
    ],
)
def test_the_record_says_how_it_ended(error, status, outputs):
    """Whoever stops it has not made it fail."""
    with (
        suppress(BaseException),
        experiment("gaussian", {"seed": 0}, manifest().data, outputs, 1),
    ):
        if error:
            raise error
    assert RunFolder(outputs / "0001-gaussian").manifest().status == status
