"""Output in whatever encoding a terminal, a pipe or a file has."""

import pytest

from tests.conftest import TINY, mnist_gan

ENCODINGS = ["ascii", "cp1251", "cp932", "latin-1"]  # none has both é and Cyrillic letters
COMMANDS = [
    ("lab", "tips", "--help"),  # says Fréchet
    ("runs",),
    ("sample",),
    ("train", *TINY, "--epochs", 1, "--outputs", "выход-é"),
    ("train", "--config", "é-ж"),
]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: str(command[-1]))
def test_no_character_stops_a_command(encoding, command, tmp_path):
    """A character that the encoding lacks is escaped, and the command does what it should."""
    result = mnist_gan(*command, cwd=tmp_path, encoding=encoding)
    assert result.returncode == (2 if "é-ж" in command else 0), result.stderr
    assert "Traceback" not in result.stderr
