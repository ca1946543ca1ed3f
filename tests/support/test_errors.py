"""Sentences for what the operating system refuses."""

import errno
import os

import pytest

from mnist_gan.support.errors import refusal_of

FULL = os.strerror(errno.ENOSPC)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OSError(errno.ENOSPC, FULL, "runs/a.png"), f"runs/a.png: {FULL}."),
        (OSError(errno.ENOSPC, FULL), f"{FULL}."),
        (OSError("timed out"), "timed out."),
    ],
)
def test_a_file_is_named_only_where_there_is_one(error, sentence):
    """An error without a file blames none."""
    assert refusal_of(error) == sentence
