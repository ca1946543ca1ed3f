"""Sentences for what the operating system refuses."""

import errno
import os
import pickle

import pytest

from mnist_gan.support.errors import UserError, refusal_of

FULL = os.strerror(errno.ENOSPC)


def test_too_little_memory_is_a_sentence():
    """It says what did not fit, where that is known, and what takes less."""
    assert refusal_of(MemoryError()).startswith("There is too little memory for this; take fewer")
    sentence = refusal_of(MemoryError("Unable to allocate 7 PiB"))
    assert "for this (Unable to allocate 7 PiB); take fewer or smaller images" in sentence


def test_an_error_of_several_lines_is_sent_between_processes_whole():
    """Each of its lines stays a line, and what one quotes becomes none."""
    error = UserError("Write:", "a\nb")
    assert str(error) == str(pickle.loads(pickle.dumps(error))) == "Write:\na\\nb"  # noqa: S301


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
