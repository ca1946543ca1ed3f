"""Lines for people, which show odd characters escaped; paths, which scripts get as they are."""

import io
import sys

import pytest

from mnist_gan.support.console import Work, print_path, say

ODD = "a\x1b[2J\nb"


class Terminal(io.StringIO):
    """Text that is written to a terminal."""

    def isatty(self) -> bool:
        """Return that this is one."""
        return True


def test_a_path_is_escaped_on_a_terminal_only(monkeypatch, capsys):
    """A script gets each byte; a terminal gets no control character and one line."""
    print_path(ODD)
    assert capsys.readouterr().out == f"{ODD}\n"
    monkeypatch.setattr(sys, "stdout", Terminal())
    print_path(ODD)
    assert sys.stdout.getvalue() == "a\\x1b[2J\\nb\n"


@pytest.mark.parametrize("show", [say, Work("", 1, "steps").note], ids=["say", "note"])
def test_a_line_for_people_stays_one_line(show, capsys):
    """Also above a progress bar."""
    show(f"{ODD} is kept")
    assert capsys.readouterr().err == "a\\x1b[2J\\nb is kept\n"
