"""`--output` means the same in every command that has it."""

import pytest

from tests.conftest import mnist_gan, refusal

COMMANDS = {  # with a name whose ending is in upper case, and what is refused later
    "sample": (["sample", "none.keras", "--output", "X.PNG"], "no file none.keras"),
    "export": (
        ["export", "none.keras", "--format", "html", "--output", "X.HTML"],
        "no file none.keras",
    ),
    "browse": (["browse", "7", "--output", "X.HTML"], "no run '7'"),
    "compare": (["compare", "7", "--output", "X.CSV"], "no run '7'"),
    "invert": (["invert", "none.png", "--output", "X.PNG"], "no none.png"),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_an_ending_may_have_any_case(command, tmp_path):
    """What is refused is something else."""
    arguments, sentence = COMMANDS[command]
    assert sentence in refusal(*arguments, cwd=tmp_path)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_missing_folder_is_found_first(command, tmp_path):
    """Before what is to be written there is read or computed."""
    *arguments, name = COMMANDS[command][0]
    assert "there is no folder no" in refusal(*arguments, f"no/{name}", cwd=tmp_path)


@pytest.mark.parametrize(
    "command",
    [
        ("sample", "--count", "3", "--output", "X.GIF"),
        ("sample", "--count", "3", "--output", "X.NPZ"),
        ("export", "--format", "npz", "--output", "X.NPZ"),
        ("lab", "play", "--no-open", "--output", "X.HTML"),
    ],
    ids=lambda command: f"{command[0]} {command[-1]}",
)
def test_a_name_in_upper_case_is_kept(command, tmp_path):
    """The file has the name that was given, and there is no other."""
    result = mnist_gan(*command, cwd=tmp_path)
    assert (result.returncode, result.stdout) == (0, f"{command[-1]}\n"), result.stderr
    assert [path.name for path in tmp_path.iterdir()] == [command[-1]]
