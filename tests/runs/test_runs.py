"""The run folder: numbers, names, atomic writes, damaged checkpoints, locks."""

import csv
import json
import subprocess
import sys
import time

import numpy as np
import pytest

from mnist_gan.config.loading import dump_config
from mnist_gan.config.schema import Config
from mnist_gan.runs import (
    Checkpoint,
    DataRecord,
    Manifest,
    RunFolder,
    called,
    create_run,
    find_generator,
    find_run,
    list_runs,
    now,
)
from mnist_gan.support.assets import asset
from mnist_gan.support.errors import UserError
from mnist_gan.support.paths import outputs_folder


def manifest(**changes) -> Manifest:
    """Return the manifest of a finished run."""
    record = DataRecord(source="digits", count=3, sha256="0" * 64)
    return Manifest(
        kind="train",
        status="finished",
        command=["mnist-gan", "train"],
        seed=0,
        threads=2,
        versions={},
        data=record,
        started=now(),
    ).model_copy(update=changes)


def make_run(outputs, name="a", **changes) -> RunFolder:
    """Create a run with this name."""
    return create_run(outputs, name, dump_config(Config(name=name)), manifest(**changes))


def checkpoint(step: int) -> Checkpoint:
    """Return a checkpoint whose contents depend on its step."""
    return Checkpoint(step, {"w/0": np.full(1000, step)}, [{"epoch": 1, "loss": 0.5}], 1.5)


def test_runs_are_numbered_and_a_number_is_never_reused(outputs):
    """Numbers increase by one, also after the newest folder was deleted."""
    assert [make_run(outputs).folder.name for _ in range(2)] == ["0001-a", "0002-a"]
    newest = make_run(outputs, "b")
    for file in newest.folder.iterdir():
        file.unlink()
    newest.folder.rmdir()
    assert make_run(outputs, "c").folder.name == "0004-c"
    assert [run.number for run in list_runs(outputs)] == [1, 2, 4]


def test_processes_that_start_together_get_different_runs(outputs):
    """Four processes that create a run at the same time get four numbers."""
    code = (
        "import sys; from pathlib import Path; from tests.runs.test_runs import make_run; "
        "make_run(Path(sys.argv[1]))"
    )
    command = [sys.executable, "-c", code]
    started = [subprocess.Popen([*command, outputs]) for _ in range(4)]  # noqa: S603
    assert [process.wait() for process in started] == [0] * 4
    assert [run.number for run in list_runs(outputs)] == [1, 2, 3, 4]


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_file_in_the_way_of_the_outputs_is_named(tmp_path, place):
    """The file is named in the error and not changed."""
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UserError, match=f"{place} cannot be a folder, since .* is none"):
        make_run(tmp_path / place)
    assert (tmp_path / "file").read_text() == "mine"


def test_a_run_is_found_by_number_name_and_folder(outputs):
    """Number, padded number, folder name, path and name (of the newest run) all work."""
    make_run(outputs, "a")
    run = make_run(outputs, "b")
    make_run(outputs, "a")
    for reference in ("2", "0002", "0002-b", "b", str(run.folder)):
        assert find_run(reference, outputs).number == 2
    assert find_run("a", outputs).number == 3
    with pytest.raises(UserError, match=r"no run 'z'.*0001-a, 0002-b, 0003-a"):
        find_run("z", outputs)
    with pytest.raises(UserError, match="there are none yet"):
        find_run("1", outputs / "elsewhere")


def test_the_newest_generator_is_that_of_the_newest_training_run_that_has_one(outputs):
    """Runs without a generator and runs of another kind are skipped."""
    assert find_generator(None, outputs) == asset("generator.keras")
    first, second, third = make_run(outputs), make_run(outputs), make_run(outputs, kind="lab")
    for run in (first, third):
        run.generator.write_bytes(b"model")
    assert find_generator(None, outputs) == first.generator
    assert find_generator("3", outputs) == third.generator
    assert str(find_generator("x/y.keras", outputs)) == "x/y.keras"
    with pytest.raises(UserError, match="no epoch is complete, or the file is gone"):
        find_generator(str(second.folder), outputs)


def test_outputs_folder_is_chosen_by_flag_then_variable_then_default(monkeypatch):
    """--outputs wins over MNIST_GAN_OUTPUTS, which wins over ./outputs."""
    monkeypatch.delenv("MNIST_GAN_OUTPUTS", raising=False)
    assert str(outputs_folder()) == "outputs"
    monkeypatch.setenv("MNIST_GAN_OUTPUTS", "there")
    assert str(outputs_folder()) == "there"
    assert str(outputs_folder("here")) == "here"


def test_config_and_manifest_come_back_as_written(outputs):
    """Config and manifest are equal after reading them back."""
    run = make_run(outputs, "b", seed=7)
    assert run.config() == Config(name="b")
    assert run.manifest().seed == 7
    assert json.loads((run.folder / "run.json").read_text())["status"] == "finished"


def test_history_has_a_column_for_every_key(outputs):
    """Values keep their full precision; a key that an epoch lacks is an empty field there."""
    run = make_run(outputs)
    assert run.history() == []
    run.write_history([{"epoch": 1, "loss": 1 / 3}, {"epoch": 2, "loss": 0.1, "distance": 7.0}])
    with (run.folder / "history.csv").open() as file:
        assert [row["distance"] for row in csv.DictReader(file)] == ["", "7.0"]
    history = [{"epoch": 1, "loss": 1 / 3}, {"epoch": 2, "loss": 0.1, "distance": 7.0}]
    assert run.history() == history


@pytest.mark.parametrize(
    "text",
    [
        "epoch,loss\n1,<script>\n",
        "epoch,loss\n1,0.5,7\n",
        "epoch,loss\n1\n",
        "epoch,loss\n1,nan\n",
        "epoch,loss\n1,-1e300\n",
        "epoch,seconds\n1,1e300\n",
        "epoch,seconds\n-1,1\n",
        "epoch,epoch\n1,1\n",
        'epoch,loss\n1,"0.5"7\n',
        "epoch\n\0\n",
        ",".join(f"c{number}" for number in range(300)) + "\n",
        "e\n" + "1\n" * 1_000_002,
        "e\n" + 60_000_000 * "1",
    ],
    ids=lambda text: ascii(text[:20]),
)
def test_a_history_of_anything_but_numbers_in_range_is_refused(outputs, text):
    """One sentence within seconds, whatever is wrong with the table."""
    run = make_run(outputs)
    (run.folder / "history.csv").write_text(text)
    began = time.process_time()
    with pytest.raises(UserError, match=r"history\.csv is (damaged or no table|larger)"):
        run.history()
    assert time.process_time() - began < 5


def test_the_two_newest_checkpoints_are_kept_and_the_newest_is_read(outputs):
    """Older ones are deleted; arrays, history and seconds of the newest are read back exactly."""
    run = make_run(outputs)
    assert run.checkpoints.newest() is None
    for step in (0, 5, 12):
        run.checkpoints.save(checkpoint(step))
    names = sorted(file.name for file in (run.folder / "checkpoints").iterdir())
    assert names == ["step-000000005.npz", "step-000000012.npz"]
    loaded = run.checkpoints.newest()
    assert (loaded.step, loaded.history, loaded.seconds) == (12, [{"epoch": 1, "loss": 0.5}], 1.5)
    np.testing.assert_array_equal(loaded.state["w/0"], np.full(1000, 12))


@pytest.mark.parametrize("damage", ["truncate", "flip", "empty"])
def test_the_checkpoint_before_a_damaged_one_is_read(outputs, damage):
    """Truncated, flipped or empty files are detected; an error says if all are damaged."""
    run = make_run(outputs)
    for step in (5, 12):
        run.checkpoints.save(checkpoint(step))
    older, newest = sorted((run.folder / "checkpoints").iterdir())
    for file in (newest, older):
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 0xFF
        kept = {"truncate": content[:-100], "flip": content, "empty": b""}[damage]
        file.write_bytes(kept)
        if file == newest:
            assert run.checkpoints.newest().step == 5
    with pytest.raises(UserError, match="checkpoints are damaged"):
        run.checkpoints.newest()


def test_a_checkpoint_with_a_pickle_is_not_opened(outputs, tmp_path):
    """An object array in a checkpoint is refused, not unpickled."""
    run = make_run(outputs)
    run.checkpoints.save(checkpoint(1))
    np.savez(run.folder / "checkpoints" / "step-000000002.npz", rest=np.array([print], object))
    assert run.checkpoints.newest().step == 1


def test_a_live_run_is_refused_and_a_dead_one_is_interrupted(outputs):
    """A second process is refused; status 'running' is valid only while a process holds the run."""
    run = make_run(outputs, status="running")
    assert run.manifest().status == "interrupted"
    with run.locked():
        assert run.manifest().status == "running"
        with pytest.raises(UserError, match="being trained by another process"), run.locked():
            pass
    with run.locked():
        pass


def test_unfinished_files_of_a_killed_process_are_deleted(outputs):
    """They are deleted when the run is next locked."""
    run = make_run(outputs)
    left = run.folder / ".part-1-generator.keras"
    left.write_bytes(b"half")
    with run.locked():
        assert not left.exists()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"status": "odd"}', '{"kind": 1}', "\x00", "[" * 100_000]
)
def test_a_damaged_manifest_is_one_sentence(outputs, text):
    """Invalid contents of run.json raise an error that names the run."""
    run = make_run(outputs)
    (run.folder / "run.json").write_text(text)
    with pytest.raises(UserError, match=r"run\.json is damaged or no record"):
        run.manifest()


def test_grids_are_pictures_named_by_their_epoch(outputs):
    """A grid of 100 digits is written as images/epoch-0007.png."""
    from PIL import Image

    run = make_run(outputs)
    run.write_grid(7, np.zeros((100, 784)))
    with Image.open(run.folder / "images" / "epoch-0007.png") as picture:
        assert picture.size == (604, 604)


def test_the_last_generator_is_found_unless_best_is_set(outputs, tmp_path):
    """Both are found by run; the description gives the epochs of both."""
    run = make_run(outputs, "a")
    for path in (run.generator, run.best):
        path.touch()
    run.amend_manifest(epochs=9)
    run.write_history(
        [{"epoch": 4, "frechet_distance": 2.0}, {"epoch": 9, "frechet_distance": 3.0}]
    )
    assert find_generator("1", outputs) == find_generator(None, outputs) == run.generator
    assert find_generator("1", outputs, best=True) == run.best
    assert find_generator(None, outputs, best=True) == run.best
    last = f"the last generator of {run.folder}, of epoch 9 (--best takes that of epoch 4)"
    best = f"the best generator of {run.folder}, of epoch 4 (the last: epoch 9)"
    assert (called(run.generator), called(run.best)) == (last, best)
    run.write_history([{"epoch": 9, "frechet_distance": 2.0}])
    assert called(run.generator).endswith("of epoch 9 (also the best)")
    run.best.unlink()
    assert called(run.generator) == f"the last generator of {run.folder}, of epoch 9"
    copy = tmp_path / "generator.keras"
    copy.touch()
    assert called(copy) == str(copy)


def test_a_missing_best_generator_is_an_error(outputs):
    """A run without online evaluation, a file and an empty folder have no best generator."""
    with pytest.raises(UserError, match=r"There are no runs in .* no best generator"):
        find_generator(None, outputs, best=True)
    run = make_run(outputs, "a")
    run.generator.touch()
    with pytest.raises(UserError, match=r"has no best.keras.* leave out --best"):
        find_generator("1", outputs, best=True)
    with pytest.raises(UserError, match=r"x\.keras is a file"):
        find_generator("x.keras", outputs, best=True)
