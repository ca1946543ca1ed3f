"""Deleting and renaming runs: nothing else is touched, whatever lies in the folder."""

import subprocess
import sys
import time

import pytest

from mnist_gan.runs import create_run, delete_run, disk_bytes, list_runs, rename_run
from mnist_gan.runs.upkeep import ASIDE
from mnist_gan.support.errors import UserError
from tests.runs.test_runs import make_run, manifest


def make_sweep(outputs):
    """Create a sweep with two trainings."""
    sweep = make_run(outputs, "many", kind="sweep")
    for number in (1, 2):
        create_run(sweep.folder, "seed", "name: seed\n", manifest(), number)
    return sweep


def test_a_number_is_not_reused_after_its_run_is_deleted(outputs):
    """Also where the run came here by hand, so that no number is recorded, or a damaged one."""
    make_run(outputs)
    moved = make_run(outputs).folder.rename(outputs / "0007-moved")
    (outputs / ".last-number").write_bytes(b"\xff\x00")
    delete_run(list_runs(outputs)[-1])
    assert not moved.exists()
    assert make_run(outputs, "new").folder.name == "0008-new"


def test_what_a_link_in_a_run_leads_to_stays(outputs, tmp_path):
    """Links to files and folders go with the run; what they lead to is neither deleted nor counted.

    A run that is a link itself is refused.
    """
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "data").write_bytes(bytes(100_000))
    run = make_run(outputs)
    before = disk_bytes(run.folder)
    (run.folder / "images").symlink_to(tmp_path / "mine")
    (run.folder / "best.keras").symlink_to(tmp_path / "mine" / "data")
    (run.folder / "more").write_bytes(bytes(5000))
    assert before + 5000 <= disk_bytes(run.folder) < before + 6000
    delete_run(run)
    assert (tmp_path / "mine" / "data").stat().st_size == 100_000
    (outputs / "0009-link").symlink_to(tmp_path / "mine")
    with pytest.raises(UserError, match="0009-link is a link"):
        delete_run(list_runs(outputs)[-1])
    assert (tmp_path / "mine" / "data").exists()


def test_an_interrupted_deletion_leaves_no_run_that_lacks_files(outputs):
    """A process that is killed while it deletes leaves the run whole, or unlisted; the next cleans.

    Its files are many, so that it is killed while it deletes them.
    """
    run, other = make_run(outputs), make_run(outputs, "b")
    (run.folder / "images").mkdir()
    for number in range(20_000):
        (run.folder / "images" / f"{number}").touch()
    code = (
        "import sys; from pathlib import Path; from mnist_gan.runs import delete_run, list_runs; "
        "delete_run(list_runs(Path(sys.argv[1]))[0])"
    )
    with subprocess.Popen([sys.executable, "-c", code, outputs]) as process:  # noqa: S603
        while run.folder.exists():
            time.sleep(0.001)
        process.kill()
    assert [each.number for each in list_runs(outputs)] == [2]
    assert [path.name for path in outputs.glob(f"{ASIDE}*")] == [f"{ASIDE}0001-a"]
    delete_run(other)
    assert not list(outputs.glob(f"{ASIDE}*"))
    assert list_runs(outputs) == []


@pytest.mark.parametrize("change", [delete_run, lambda run: rename_run(run, "new")])
def test_a_run_that_is_being_trained_is_refused(outputs, change):
    """A run, and a sweep of which one training goes on by itself."""
    run, sweep = make_run(outputs), make_sweep(outputs)
    with run.locked(), pytest.raises(UserError, match="0001-a is being trained"):
        change(run)
    with (
        list_runs(sweep.folder)[1].locked(),
        pytest.raises(UserError, match="0002-seed is being trained"),
    ):
        change(sweep)
    assert [each.folder.name for each in list_runs(outputs)] == ["0001-a", "0002-many"]


@pytest.mark.parametrize("change", [delete_run, lambda run: rename_run(run, "new")])
def test_a_training_of_a_sweep_is_refused(outputs, change):
    """The sweep's record names it; the sentence names the sweep."""
    sweep = make_sweep(outputs)
    with pytest.raises(UserError, match=r"is a training of a sweep.*: .*0001-many"):
        change(list_runs(sweep.folder)[0])
    assert len(list_runs(sweep.folder)) == 2


def test_a_sweep_is_deleted_with_its_trainings(outputs):
    """All of its folder goes."""
    sweep = make_sweep(outputs)
    delete_run(sweep)
    assert not sweep.folder.exists()


def test_a_run_that_cannot_be_read_is_deleted_but_not_renamed(outputs):
    """A damaged run.json is no reason to keep a run."""
    run = make_run(outputs)
    (run.folder / "run.json").write_text("{")
    with pytest.raises(UserError, match="damaged or no record of a run"):
        rename_run(run, "new")
    delete_run(run)
    assert list_runs(outputs) == []


def test_a_renamed_run_keeps_its_number_and_its_config_has_the_name(outputs):
    """Folder and config change together; all other settings stay."""
    run = make_run(outputs, "b")
    before = run.config()
    renamed = rename_run(run, "new-name")
    assert renamed.folder.name == "0001-new-name"
    assert not run.folder.exists()
    assert renamed.config() == before.model_copy(update={"name": "new-name"})
    assert make_run(outputs).number == 2


def test_an_experiment_is_renamed_without_a_change_of_its_settings(outputs):
    """Its config.yaml has no name, and settings of its own."""
    run = create_run(outputs, "gaussian", "seed: 3\n", manifest(kind="gaussian"))
    assert rename_run(run, "bell").config_text() == "seed: 3\n"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("../up", "name is '../up': letters"), ("", "name is ''"), ("b", "0001-b already")],
)
def test_a_name_that_is_not_allowed_or_taken_is_refused(outputs, name, sentence):
    """The sentence says what is allowed, and nothing changes."""
    run = make_run(outputs)
    (outputs / "0001-b").mkdir()
    with pytest.raises(UserError, match=sentence):
        rename_run(run, name)
    assert run.config().name == "a"
