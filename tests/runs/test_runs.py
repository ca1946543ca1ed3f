"""The run folder: numbers, names, atomic writes, damaged checkpoints, locks."""

import csv
import io
import json
import os
import subprocess
import sys
import time
import tracemalloc
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from mnist_gan.config.loading import dump_config
from mnist_gan.config.schema import Config
from mnist_gan.runs import (
    Checkpoint,
    DataRecord,
    Expected,
    Manifest,
    RunFolder,
    called,
    create_run,
    find_generator,
    find_run,
    layout,
    list_runs,
    now,
    rename_run,
    run_of_generator,
)
from mnist_gan.runs.checkpoints import UPDATES
from mnist_gan.support.assets import asset
from mnist_gan.support.errors import UserError
from mnist_gan.support.files import whole_file
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
    with pytest.raises(UserError, match=f"{place} cannot be a folder, because .* is a file"):
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


def test_the_last_number_is_used_once(outputs):
    """Also where its run was deleted; the sentence says how to go on."""
    make_run(outputs)
    (outputs / ".last-number").write_text("999999")
    with pytest.raises(UserError, match="have used up all numbers to 999,999; choose another"):
        make_run(outputs)


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


def test_a_config_that_was_cut_off_is_refused_wherever(outputs):
    """What is missing would get its default. A config of an earlier version has no marks."""
    run = make_run(outputs)
    file = run.folder / "config.yaml"
    whole, bare, config = file.read_bytes(), run.config_text().encode(), run.config()
    for size in range(0, len(whole) - len(b"\n"), 11):
        file.write_bytes(whole[:size])
        with pytest.raises(UserError, match=r"config\.yaml"):
            run.config()
    for text in (whole[:-1], whole.replace(b"\n", b"\r\n"), bare):
        file.write_bytes(text)
        assert run.config() == config


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


STATE = {UPDATES: np.int64(20), "w/0": np.zeros((2, 3), np.float32)}
ROWS = [{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.5}]
FOREIGN = {
    "another run": ({"run": "another run"}, "is the checkpoint of another training"),
    "another shape": ({"state": STATE | {"w/0": np.zeros((3, 2), "f4")}}, "another training"),
    "another type": ({"state": STATE | {"w/0": np.zeros((2, 3))}}, "another training"),
    "more arrays": ({"state": STATE | {"w/1": np.zeros(3, "f4")}}, "another training"),
    "an array less": ({"state": {UPDATES: STATE[UPDATES]}}, "another training"),
    "NaN": ({"state": STATE | {"w/0": np.full((2, 3), np.nan, "f4")}}, "damaged"),
    "other updates": ({"state": STATE | {UPDATES: np.int64(21)}}, "damaged"),
    "another step": ({"step": 21}, "damaged"),
    "no history": ({"history": []}, "damaged"),
    "an epoch less": ({"history": [ROWS[0], {"epoch": 3}]}, "damaged"),
    "an infinite loss": ({"history": [ROWS[0], {"epoch": 2, "loss": float("inf")}]}, "damaged"),
    "text": ({"history": [ROWS[0], {"epoch": 2, "loss": "0.5"}]}, "damaged"),
    "no seconds": ({"seconds": -1.0}, "damaged"),
}


@pytest.mark.parametrize(("change", "words"), FOREIGN.values(), ids=FOREIGN)
def test_a_checkpoint_is_that_of_its_run_its_networks_and_its_steps(outputs, capsys, change, words):
    """Any other is passed over with a line; one of earlier versions names no run."""
    run = make_run(outputs)
    expected = Expected("this run", layout(STATE), steps_per_epoch=10, updates_per_step=1)
    good = Checkpoint(20, STATE, ROWS, 1.5, "this run")
    for fitting in (good, replace(good, run=None)):
        run.checkpoints.save(fitting)
        assert run.checkpoints.newest(expected).history == ROWS
    assert capsys.readouterr().err == ""
    (run.folder / "checkpoints" / "step-000000020.npz").unlink()
    run.checkpoints.save(replace(good, **change))
    with pytest.raises(UserError, match="checkpoints are damaged"):
        run.checkpoints.newest(expected)
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("seed", range(4))
def test_a_flipped_bit_in_the_newest_checkpoint_never_stops_a_run(outputs, seed):
    """Whichever it is, the run goes on from that checkpoint or from the one before."""
    run = make_run(outputs)
    for step in (5, 12):
        run.checkpoints.save(checkpoint(step))
    newest = run.folder / "checkpoints" / "step-000000012.npz"
    content, chance = newest.read_bytes(), np.random.default_rng(seed)
    ends = [*range(400), *range(len(content) - 400, len(content))]  # headers and the directory
    for place in chance.choice([*ends, *range(len(content))], 100):
        damaged = bytearray(content)
        damaged[place] ^= 1 << int(chance.integers(8))
        newest.write_bytes(damaged)
        found = run.checkpoints.newest()
        np.testing.assert_array_equal(found.state["w/0"], np.full(1000, found.step))
        assert found.step in (5, 12)


def test_a_checkpoint_that_unpacks_to_more_is_passed_over_unread(outputs):
    """Before memory is taken: its compressed and its declared sizes."""
    run = make_run(outputs)
    run.checkpoints.save(checkpoint(1))
    folder = run.folder / "checkpoints"
    np.savez_compressed(folder / "step-000000002.npz", **{"w/0": np.zeros(10_000_000)})
    with zipfile.ZipFile(folder / "step-000000003.npz", "w") as archive:
        header = io.BytesIO()
        np.lib.format.write_array_header_1_0(
            header, {"descr": "<f8", "fortran_order": False, "shape": (2**40,)}
        )
        archive.writestr("w/0.npy", header.getvalue())
    tracemalloc.start()
    assert run.checkpoints.newest().step == 1
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


def test_a_checkpoint_behind_damaged_ones_is_kept(outputs):
    """Writing a checkpoint deletes those before it, and never makes a damaged one the newest."""
    run = make_run(outputs)
    for step in (5, 12):
        run.checkpoints.save(checkpoint(step))
    (run.folder / "checkpoints" / "step-000000012.npz").write_bytes(b"")
    for step in (6, 7, 8):
        run.checkpoints.save(checkpoint(step))
    assert run.checkpoints.newest().step == 8
    (run.folder / "checkpoints" / "step-000000008.npz").write_bytes(b"")
    assert run.checkpoints.newest().step == 7


@pytest.mark.parametrize("content", ["-5", "junk", "", "9" * 5000, "999999999", "\0"])
def test_a_damaged_counter_stops_no_training(outputs, content):
    """What is no number of a run is as if there were no record."""
    make_run(outputs)
    (outputs / ".last-number").write_text(content)
    (outputs / "20241126-backup").mkdir()
    assert make_run(outputs).folder.name == "0002-a"
    assert [run.number for run in list_runs(outputs)] == [1, 2]


@pytest.mark.parametrize(
    "change",
    [
        {"threads": -3},
        {"threads": 1_000_000},
        {"seed": 2**64},
        {"seed": -1},
        {"epochs": 10**400},
        {"generator_epoch": -1},
        {"equilibrium": [1e300, 0, 0]},
        {"data": {"source": "x", "count": 10**400, "sha256": ""}},
        {"started": 1e300},
        {"verdict": "x" * 20_000},
    ],
    ids=str,
)
def test_a_record_with_a_number_out_of_its_range_is_damaged(outputs, change):
    """It is refused where it is read, so that no sum, format or thread is made of it."""
    run = make_run(outputs)
    path = run.folder / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(UserError, match=r"run\.json is damaged or no record") as caught:
        run.manifest()
    assert len(str(caught.value)) < 300


def test_a_number_of_thousands_of_digits_is_no_run(outputs):
    """It is looked for like any other name, and the sentence that answers is short."""
    run = make_run(outputs)
    assert find_run("000001", outputs).folder == run.folder
    with pytest.raises(UserError, match=r"There is no run '1{90}") as caught:
        find_run("1" * 5000, outputs)
    assert len(str(caught.value)) < 400


def test_a_damaged_newest_run_does_not_hide_the_generator_before_it(outputs):
    """Without a reference the newest readable run is taken."""
    first, second = make_run(outputs), make_run(outputs)
    for run in (first, second):
        run.generator.write_bytes(b"model")
    (second.folder / "run.json").write_text("{")
    assert find_generator(None, outputs) == first.generator


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


SOMEBODY = 54321  # a user without an entry in the list of users
AS_SOMEBODY = f"""
import os, sys
from mnist_gan.cli import main
try:
    main()  # as root, who can import all that it needs
except SystemExit:
    pass
if os.geteuid() == 0:
    os.setresuid({SOMEBODY}, {SOMEBODY}, {SOMEBODY})
print("as somebody")
main()
"""


def as_somebody(*arguments, cwd):
    """Return what the command prints for a user who is not root."""
    for folder in (cwd, *cwd.rglob("*")):
        if folder.is_dir() and folder.stat().st_mode & 0o777:
            folder.chmod(0o755)
    result = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", AS_SOMEBODY, *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in result.stderr, result.stderr
    return result.stdout.partition("as somebody\n")[2]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no permission bits")
def test_a_run_that_cannot_be_read_hides_no_other(outputs):
    """The list has both, and of the other one all that is known."""
    make_run(outputs, "good")
    closed = make_run(outputs, "closed")
    closed.folder.chmod(0)
    try:
        listed = json.loads(as_somebody("runs", "--json", cwd=outputs.parent))
    finally:
        closed.folder.chmod(0o755)
    found = {run["number"]: run["status"] for run in listed}
    assert found.keys() == {1, 2}
    assert (found[1], found[2] != "finished") == ("finished", True)


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot ask about what is not ours")
def test_a_live_run_of_another_user_is_running(outputs):
    """Its lock can be read only; once nobody holds it, the run was interrupted."""
    run = make_run(outputs, status="running")
    with run.locked():
        run.folder.chmod(0o555)
        (run.folder / ".lock").chmod(0o444)
        found = [json.loads(as_somebody("runs", "--json", cwd=outputs.parent))[0]["status"]]
    found += [json.loads(as_somebody("runs", "--json", cwd=outputs.parent))[0]["status"]]
    assert found == ["running", "interrupted"]


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot ask whether a process runs")
def test_unfinished_files_of_a_killed_process_are_deleted(outputs):
    """They are deleted when the run is next locked, files and folders, at any depth.

    Those of a process that runs stay, and so do those in the trainings of a sweep.
    """
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    run = make_run(outputs)
    (run.folder / "images").mkdir()
    training = make_run(run.folder)
    left, kept = f".part-{gone.pid}-generator.keras", f".part-{os.getpid()}-page.html"
    for name in (left, kept):
        (run.folder / name).write_bytes(b"half")
        (training.folder / name).write_bytes(b"half")
        (run.folder / "images" / name).mkdir()
    with whole_file(run.folder / "page.html") as temporary:
        temporary.write_bytes(b"half")
        with run.locked():
            assert temporary.exists()
    names = {path.relative_to(run.folder).as_posix() for path in run.folder.rglob(".part-*")}
    here = training.folder.name
    assert names == {kept, f"images/{kept}", f"{here}/{left}", f"{here}/{kept}"}


@pytest.mark.skipif(os.name == "nt", reason="Windows needs a right to make links")
@pytest.mark.parametrize("name", ["checkpoints", "images", "cells", "tensorboard", "0001-a/images"])
def test_a_folder_that_leads_out_of_a_run_is_refused_before_anything_is_written(outputs, name):
    """A run is not locked for training; what the link leads to stays as it was."""
    run = make_run(outputs)
    make_run(run.folder)
    elsewhere = outputs.parent / "elsewhere"
    (elsewhere / "step-000000001.npz").mkdir(parents=True)
    (run.folder / name).symlink_to(elsewhere)
    with (
        pytest.raises(UserError, match=f"{name} is a link that leads out of the run"),
        run.locked(),
    ):
        pass
    assert [path.name for path in elsewhere.iterdir()] == ["step-000000001.npz"]
    assert rename_run(run, "new").folder.name == "0001-new"


@pytest.mark.skipif(os.name == "nt", reason="Windows needs a right to make links")
def test_checkpoints_are_not_read_through_a_link_out_of_the_run(outputs, capsys):
    """A linked folder is refused, a linked file passed over."""
    run, other = make_run(outputs), make_run(outputs)
    for step in (1, 2):
        other.checkpoints.save(checkpoint(step))
    run.checkpoints.save(checkpoint(1))
    name = "step-000000002.npz"
    (run.folder / "checkpoints" / name).symlink_to(other.folder / "checkpoints" / name)
    assert run.checkpoints.newest().step == 1
    assert "is a link that leads out of the run" in capsys.readouterr().err
    third = make_run(outputs)
    (third.folder / "checkpoints").symlink_to(other.folder / "checkpoints")
    with pytest.raises(UserError, match="is a link that leads out of the run"):
        third.checkpoints.newest()


@pytest.mark.skipif(os.name == "nt", reason="Windows needs a right to make links")
def test_a_lock_that_is_a_link_is_not_opened(outputs):
    """What it leads to stays as it was, whichever version of filelock is installed."""
    run = make_run(outputs, status="running")
    mine = outputs.parent / "mine"
    mine.write_text("mine")
    for folder in (run.folder, outputs):
        (folder / ".lock").unlink(missing_ok=True)
        (folder / ".lock").symlink_to(mine)
    with pytest.raises(UserError, match=r"\.lock is a link, so it is not opened"):
        run.manifest()
    with pytest.raises(UserError, match=r"\.lock is a link, so it is not opened"), run.locked():
        pass
    with pytest.raises(UserError, match=r"\.lock is a link, so it is not opened"):
        make_run(outputs)
    assert mine.read_text() == "mine"


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
    mine = run.folder / "mine.keras"
    found = [run_of_generator(path) for path in (run.generator, run.best, mine, copy)]
    assert [each and each.folder for each in found] == [run.folder, run.folder, None, None]


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
