"""Interrupted is uninterrupted: signals, kill -9, live runs, changed settings, larger totals."""

import json
import random
import shutil
import signal
import time
from pathlib import Path

import keras
import numpy as np
import pytest

from mnist_gan.api import load_generator
from mnist_gan.sampling.sampler import generate
from tests.conftest import TINY, assert_same, content, mnist_gan, start

EPOCHS = 24
SETTINGS = (
    *("--digits", "3,7", "--epochs", EPOCHS, "--set", "training.checkpoint_seconds=0.3"),
    *("--set", "training.image_every=6", "--set", "training.eval_samples=100"),
)


@pytest.fixture(scope="module")
def command(own_digits) -> tuple[object, ...]:
    """Return the command that trains the run which these tests interrupt."""
    return ("train", *TINY, "--data", own_digits, *SETTINGS)


@pytest.fixture(scope="module")
def straight(tmp_path_factory, command) -> Path:
    """Return the folder of a run that was never interrupted."""
    folder = tmp_path_factory.mktemp("straight")
    result = mnist_gan(*command, "--quiet", cwd=folder)
    assert result.returncode == 0, result.stderr
    return folder / "outputs" / "0001-smoke"


def wait_for_epoch(process, epoch: int) -> None:
    """Read the process's lines until it reports an epoch."""
    for line in process.stderr:
        if line.startswith(f"epoch {epoch}/"):
            return
    pytest.fail("the process ended early")


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_saves_and_the_run_resumes(straight, command, tmp_path, number, code):
    """Ctrl-C and SIGTERM exit with 130 and 143 and say how to resume; nothing is lost."""
    with start(*command, cwd=tmp_path) as process:
        wait_for_epoch(process, 2)
        process.send_signal(number)
        rest = process.stderr.read()
    assert process.returncode == code
    assert "mnist-gan train --resume outputs/0001-smoke" in rest
    run = tmp_path / "outputs" / "0001-smoke"
    assert json.loads((run / "run.json").read_text())["status"] == "interrupted"
    result = mnist_gan("train", "--resume", "1", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "resumes        after step " in result.stderr
    assert_same(run, straight)


@pytest.mark.slow
def test_kill_9_at_random_instants_loses_nothing(straight, command, tmp_path):
    """A run killed three times anywhere, and resumed, equals the uninterrupted one."""
    run = tmp_path / "outputs" / "0001-smoke"
    chance = random.Random()  # noqa: S311 - not for secrets
    arguments = command
    instants = []
    for _ in range(3):
        with start(*arguments, cwd=tmp_path) as process:
            line = ""
            while not line.startswith(("kept in", "epoch")) and process.poll() is None:
                line = process.stderr.readline()
            instants.append(chance.uniform(0, 2.5))
            time.sleep(instants[-1])
            process.kill()
        arguments = ("train", "--resume", "1")
    result = mnist_gan(*arguments, cwd=tmp_path)
    assert result.returncode == 0, (instants, result.stderr)
    assert_same(run, straight)


def test_a_run_killed_before_its_first_checkpoint_starts_over(straight, tmp_path):
    """A folder with config and manifest alone resumes from the first step."""
    run = tmp_path / "outputs" / "0001-smoke"
    run.mkdir(parents=True)
    for name in ("config.yaml", "run.json"):
        shutil.copy(straight / name, run)
    manifest = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps({**manifest, "status": "running", "epochs": 0}))
    assert mnist_gan("train", "--resume", "1", "--quiet", cwd=tmp_path).returncode == 0
    assert_same(run, straight)


def test_divergence_fails_the_run_and_keeps_its_files(straight, tmp_path):
    """Weights that overflow end training with a diagnosis and exit code 1; files stay."""
    run = tmp_path / "outputs" / "0001-smoke"
    shutil.copytree(straight, run)
    newest = sorted((run / "checkpoints").iterdir())[-1]
    with np.load(newest) as stored:
        state = dict(stored)
    state["discriminator/0"] = np.full_like(state["discriminator/0"], 1e38)
    np.savez(newest, **state)
    before = {path: path.read_bytes() for path in run.rglob("*.*") if path.suffix != ".json"}
    result = mnist_gan("train", "--resume", "1", "--epochs", EPOCHS + 5, cwd=tmp_path)
    assert result.returncode == 1
    last = result.stderr.splitlines()[-1]
    found = f"diverged, as losses or weights are non-finite in epoch {EPOCHS + 1}"
    assert last.startswith(f"{found}; try --set")
    assert last.endswith(f"outputs/0001-smoke stays as it was after epoch {EPOCHS}.")
    del before[run / "config.yaml"]  # which has the larger total
    del before[run / "page.html"]  # which has the diagnosis
    assert {path: path.read_bytes() for path in before} == before
    manifest = json.loads((run / "run.json").read_text())
    assert (manifest["status"], manifest["epochs"]) == ("failed", EPOCHS)
    assert manifest["verdict"] == last.partition(". ")[0]


@pytest.mark.slow
def test_more_epochs_resume_a_finished_run(straight, command, tmp_path):
    """A finished run resumed with more epochs equals one that had them from the start."""
    assert mnist_gan(*command, "--epochs", EPOCHS - 6, "--quiet", cwd=tmp_path).returncode == 0
    run = tmp_path / "outputs" / "0001-smoke"
    finished = mnist_gan("train", "--resume", "1", cwd=tmp_path)
    assert finished.returncode == 0
    assert "is finished" in finished.stderr
    more = mnist_gan("train", "--resume", "1", "--epochs", EPOCHS, "--quiet", cwd=tmp_path)
    assert more.returncode == 0
    assert_same(run, straight)
    fewer = mnist_gan("train", "--resume", "1", "--epochs", 5, cwd=tmp_path)
    assert fewer.returncode == 2
    assert f"has {EPOCHS} epochs already" in fewer.stderr


@pytest.mark.slow
def test_the_recipes_resume_to_the_bit(tmp_path, own_digits):
    """With all features of the recipes, 1 + 1 epochs equal 2 epochs.

    Exponential moving averages, learning rate schedules, gradient penalties, bfloat16,
    convolutions, both kinds of normalization, labels, categorical codes. The values of `auto`
    settings are decided once, when a run begins; models are float32.
    """
    settings = (
        "generator.widths=[12, 8, 4]",
        "discriminator.widths=[4, 8, 12]",
        "generator.batch_norm=true",
        "generator.upsampling=nearest",
        "discriminator.spectral_norm=true",
        "noise.distribution=normal+categorical",
        "noise.latent_size=16",
        "training.precision=mixed_bfloat16",
        "training.decay_epochs=3",
    )
    evaluated = (
        "training.image_every=1",
        "training.eval_samples=100",
        "training.checkpoint_seconds=0",
    )
    short = ["train", "--config", "conditional", "--data", own_digits, "--quiet"]
    for setting in (*settings, *evaluated):
        short += ["--set", setting]
    whole, cut = tmp_path / "whole" / "0001-conditional", tmp_path / "cut" / "0001-conditional"
    for run, epochs in ((whole, 2), (cut, 1)):
        result = mnist_gan(*short, "--outputs", run.parent, "--epochs", epochs, cwd=tmp_path)
        assert result.returncode == 0, result.stderr
    auto = ("--set", "training.precision=auto", "--set", "training.decay_epochs=null")
    result = mnist_gan("train", "--resume", cut, "--epochs", 2, *auto, "--quiet", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert_same(cut, whole)
    assert "precision: mixed_bfloat16" in (cut / "config.yaml").read_text()
    exact = ("--set", "training.precision=float32")
    other = mnist_gan("train", "--resume", cut, *exact, cwd=tmp_path)
    assert other.returncode == 2
    assert "training.precision: mixed_bfloat16 -> float32" in other.stderr
    generator = load_generator(cut / "generator.keras")
    rows = generator.latents(0, 20)
    plain = keras.saving.load_model(cut / "generator.keras")
    expected = plain([rows[:, :-10], rows[:, -10:]])
    assert expected.dtype == "float32"
    np.testing.assert_allclose(generate(generator, rows), expected, atol=1e-5)


def test_a_finished_run_gets_the_page_that_a_kill_left_undone(straight, tmp_path):
    """--resume of a finished run writes its page and the index, and changes nothing else."""
    run = tmp_path / "outputs" / "0001-smoke"
    shutil.copytree(straight, run)
    (run / "page.html").unlink()
    before = content(run)
    result = mnist_gan("train", "--resume", "1", cwd=tmp_path)
    assert result.returncode == 0
    assert "is finished: 24 epochs" in result.stderr
    assert (run / "page.html").is_file()
    assert "0001-smoke/page.html" in (run.parent / "index.html").read_text("utf-8")
    assert content(run) == before


def test_changed_settings_are_refused_with_the_differences(straight):
    """--resume lists each setting that differs and touches nothing."""
    before = content(straight)
    result = mnist_gan(
        "train", "--resume", straight, "--batch-size", 64, "--seed", 3, cwd=straight.parent
    )
    assert result.returncode == 2
    assert "training.batch_size: 128 -> 64; training.seed: 0 -> 3" in result.stderr
    other = mnist_gan("train", "--resume", straight, "--config", "tutorial", cwd=straight.parent)
    assert other.returncode == 2
    assert "noise.latent_size: 16 -> 100" in other.stderr
    assert content(straight) == before


def test_other_data_is_refused(straight, tmp_path):
    """A run cannot be resumed with other images than those it began with."""
    run = tmp_path / "outputs" / "0001-smoke"
    shutil.copytree(straight, run)
    manifest = json.loads((run / "run.json").read_text())
    manifest["data"] |= {"sha256": "0" * 64, "count": 7}
    (run / "run.json").write_text(json.dumps(manifest))
    result = mnist_gan("train", "--resume", "1", "--epochs", EPOCHS + 1, cwd=tmp_path)
    assert result.returncode == 2
    assert "began with 7 images" in result.stderr
    assert len((run / "history.csv").read_text().splitlines()) == EPOCHS + 1


def test_other_versions_are_said(straight, tmp_path):
    """Resuming a run with other versions prints that the last bits may differ."""
    run = tmp_path / "outputs" / "0001-smoke"
    shutil.copytree(straight, run)
    manifest = json.loads((run / "run.json").read_text())
    manifest["versions"]["keras"] = "3.0"
    (run / "run.json").write_text(json.dumps(manifest))
    result = mnist_gan("train", "--resume", "1", "--epochs", EPOCHS + 1, "--quiet", cwd=tmp_path)
    assert result.returncode == 0
    assert "Versions differ" in result.stderr


def test_another_device_is_said(straight, tmp_path):
    """Resuming a run on another kind of device prints that its last bits differ."""
    run = tmp_path / "outputs" / "0001-smoke"
    shutil.copytree(straight, run)
    manifest = json.loads((run / "run.json").read_text())
    assert manifest["device"] == "cpu"
    (run / "run.json").write_text(json.dumps(manifest | {"device": "gpu"}))
    result = mnist_gan("train", "--resume", "1", "--epochs", EPOCHS + 1, "--quiet", cwd=tmp_path)
    assert result.returncode == 0
    assert "The run began on a GPU; on a processor its last bits differ" in result.stderr


def test_a_second_trainer_on_a_live_run_is_refused(tmp_path, own_digits):
    """While a run is trained, another process can read but not train it."""
    with start("train", *TINY, "--data", own_digits, "--epochs", 5000, cwd=tmp_path) as process:
        wait_for_epoch(process, 1)
        second = mnist_gan("train", "--resume", "1", cwd=tmp_path)
        listed = json.loads(mnist_gan("runs", "--json", cwd=tmp_path).stdout)
        process.kill()
    assert second.returncode == 2
    assert "is being trained by another process" in second.stderr
    assert listed[0]["status"] == "running"
    listed = json.loads(mnist_gan("runs", "--json", cwd=tmp_path).stdout)
    assert listed[0]["status"] == "interrupted"


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads memory from /proc")
def test_memory_stays_flat(tmp_path, own_digits):
    """Of four times six epochs with grids, curves and pages, one adds less than a megabyte.

    A leak would add memory in each of the four. The allocator's own reserves grow in a few steps of
    several megabytes, most of them at the start.
    """
    few = ("--data", own_digits, "--digits", 3, "--epochs", 41)
    sizes = []
    with start("train", *TINY, *few, cwd=tmp_path) as process:
        for line in process.stderr:
            if line.startswith(("epoch 16/", "epoch 22/", "epoch 28/", "epoch 34/", "epoch 40/")):
                status = Path(f"/proc/{process.pid}/status").read_text()
                resident = next(row for row in status.splitlines() if row.startswith("VmRSS"))
                sizes.append(int(resident.split()[1]) / 1024)
    assert process.returncode == 0
    assert len(sizes) == 5
    assert np.diff(sizes).min() < 1


@pytest.mark.slow
def test_a_run_goes_on_from_the_checkpoint_before_a_damaged_one(straight, tmp_path):
    """A line says so, and the files are those of a run whose newest checkpoint was whole."""
    runs = [tmp_path / folder / "0001-smoke" for folder in ("damaged", "whole")]
    said = []
    for run in runs:
        shutil.copytree(straight, run)
        newest = sorted((run / "checkpoints").iterdir())[-1]
        if run.parent.name == "damaged":
            newest.write_bytes(newest.read_bytes()[:-100])
        more = ("train", "--resume", run, "--epochs", EPOCHS + 1, "--quiet")
        result = mnist_gan(*more, cwd=tmp_path)
        assert result.returncode == 0, result.stderr
        said.append(f"Passed over: {newest} is damaged" in result.stderr)
    assert said == [True, False]
    assert_same(*runs)


def test_a_run_whose_checkpoints_are_gone_is_not_begun_anew(straight, tmp_path):
    """Its epochs would be overwritten; it is refused in one sentence, and nothing changes."""
    run = tmp_path / "outputs" / "0001-smoke"
    shutil.copytree(straight, run)
    shutil.rmtree(run / "checkpoints")
    before = {path: path.read_bytes() for path in run.rglob("*.*")}
    result = mnist_gan("train", "--resume", "1", "--epochs", EPOCHS + 1, cwd=tmp_path)
    assert result.returncode == 2
    assert (
        f"cannot be resumed after epoch {EPOCHS}, because its checkpoints are gone" in result.stderr
    )
    assert {path: path.read_bytes() for path in run.rglob("*.*")} == before
