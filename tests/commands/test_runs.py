"""`mnist-gan runs` that deletes, renames and measures."""

import json
import os
import pty
import subprocess

import pytest

from mnist_gan.runs import list_runs
from tests.conftest import COMMAND, TINY, environment, mnist_gan, refusal
from tests.runs.test_runs import make_run
from tests.runs.test_upkeep import make_sweep


def answered(text, *arguments, cwd):
    """Run the command on a terminal in which a person has typed a text; return what it asks."""
    person, terminal = pty.openpty()
    os.write(person, text.encode())
    result = subprocess.run(  # noqa: S603 - our own command
        [COMMAND, *map(str, arguments)],
        cwd=cwd,
        env=environment(),
        stdin=terminal,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    for end in (person, terminal):
        os.close(end)
    assert "Traceback" not in result.stderr
    return result.stderr


def names(outputs):
    """Return the names of the folders of runs."""
    return [run.folder.name for run in list_runs(outputs)]


def test_a_person_on_a_terminal_is_asked(outputs):
    """Only yes deletes; the question names the run and its size, of a sweep its trainings too."""
    for name in "abc":
        (make_run(outputs, name).folder / "big").write_bytes(bytes(3_000_000))
    make_sweep(outputs)
    said = answered("y\nn\n\ny\n", "runs", "--delete", 1, "b", 3, 4, cwd=outputs.parent)
    assert "Delete 0001-a (3 MB)? [y/N]" in said
    assert "Delete 0004-many with its 2 trainings (1 MB)? [y/N]" in said
    assert names(outputs) == ["0002-b", "0003-c"]
    assert "Stopped" in answered("\x04", "runs", "--delete", 2, cwd=outputs.parent)
    assert names(outputs) == ["0002-b", "0003-c"]


def test_a_deleted_run_leaves_the_index(outputs):
    """With --yes nobody is asked; the index no longer links to the run."""
    make_run(outputs, "kept")
    make_run(outputs, "gone")
    result = mnist_gan("runs", "--delete", "--yes", "gone", "2", cwd=outputs.parent)
    assert (result.returncode, result.stdout) == (0, "")
    assert result.stderr == "outputs/0002-gone is deleted (1 MB).\n"
    assert names(outputs) == ["0001-kept"]
    index = (outputs / "index.html").read_text()
    assert "0001-kept/" in index
    assert "0002-gone" not in index


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--delete"], "needs the runs to delete"),
        (["--delete", "1"], "add --yes"),
        (["--delete", "--yes", "1", "9"], "no run '9'"),
        (["--delete", "--yes", "1", "2/1"], "is a training of a sweep"),
        (["--delete", "--yes", "same"], "Several runs are called so"),
        (["--delete", "--yes", "."], "no run '.'"),
        (["--delete", "1", "--json"], "go alone"),
        (["--delete", "1", "--rename", "1", "b"], "go alone"),
        (["--yes"], "--yes goes with --delete"),
        (["--rename", "1"], "requires 2 arguments"),
        (["--rename", "1", "a b"], "name is 'a b': letters"),
        (["--rename", "1", "b", "c"], "'c' is too many"),
    ],
)
def test_a_mistake_deletes_and_renames_nothing(outputs, arguments, sentence):
    """One sentence; of several runs to delete, a wrong one keeps all."""
    make_run(outputs, "a")
    make_sweep(outputs)
    make_run(outputs, "same")
    make_run(outputs, "same")
    for run in [*list_runs(outputs), *list_runs(outputs / "0002-many")]:
        (run.folder / ".lock").touch()  # as every run that was trained has
    assert sentence in refusal("runs", *arguments, cwd=outputs.parent)


def test_sizes_are_listed_with_their_sum(outputs):
    """A column, within 60 for short names, and bytes in the JSON, of each run and of all."""
    for name in ("a", "tutorial"):
        (make_run(outputs, name).folder / "big").write_bytes(bytes(5_000_000))
    table = mnist_gan("runs", "--size", cwd=outputs.parent).stdout.splitlines()
    assert [line.split()[-3:-1] for line in table[1:3]] == [["5", "MB"]] * 2
    assert table[3].split() == ["all", "10", "MB"]
    assert max(map(len, table)) <= 60
    found = json.loads(mnist_gan("runs", "--size", "--json", cwd=outputs.parent).stdout)
    sizes = [run["bytes"] for run in found["runs"]]
    assert all(5_000_000 < size < 5_100_000 for size in sizes)
    assert found["bytes"] == sum(sizes)


def test_a_renamed_run_is_trained_on_under_its_new_name(tmp_path, own_digits):
    """Its page and the index have the name at once; a resume finds all it needs."""
    given = ("--data", own_digits, "--epochs", 1, "--quiet")
    assert mnist_gan("train", *TINY, *given, cwd=tmp_path).returncode == 0
    result = mnist_gan("runs", "--rename", 1, "new", cwd=tmp_path)
    assert (result.returncode, result.stdout) == (0, "outputs/0001-new\n"), result.stderr
    for page in ("index.html", "0001-new/page.html"):
        text = (tmp_path / "outputs" / page).read_text()
        assert "0001-new" in text
        assert "0001-smoke" not in text
    resumed = mnist_gan("train", "--resume", "new", "--epochs", 2, "--quiet", cwd=tmp_path)
    assert (resumed.returncode, resumed.stdout) == (0, "outputs/0001-new\n"), resumed.stderr
    listed = json.loads(mnist_gan("runs", "--json", cwd=tmp_path).stdout)
    assert [(run["name"], run["epochs"]) for run in listed] == [("new", 2)]
