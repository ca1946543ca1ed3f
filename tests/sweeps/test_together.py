"""All seeds of a setting in one program, through the command, on JAX."""

import signal
import time

import numpy as np
import pytest

from mnist_gan import Run
from tests.conftest import TINY, installed, refusal, start
from tests.sweeps.test_sweep import record, status

SETTINGS = (
    *(*TINY, "--digits", "3,7", "--set", "training.backend=jax", "--set", "training.threads=1"),
    *("--set", "training.checkpoint_seconds=0.3"),
)


@pytest.mark.slow
def test_seeds_together_are_ordinary_runs(tmp_path, own_digits):
    """With the losses of single trainings at first, and all files; each can be trained on."""
    settings = (*SETTINGS, "--data", own_digits)
    swept = installed("sweep", *settings, "--seeds", "0-2", "--together", cwd=tmp_path)
    assert swept.returncode == 0, swept.stderr
    assert "Traceback" not in swept.stderr
    assert [each["status"] for each in record(tmp_path)] == ["finished"] * 3
    single = installed("train", *settings, "--seed", 2, "--quiet", cwd=tmp_path)
    assert single.returncode == 0, single.stderr
    ours = Run(tmp_path / "outputs" / "0001-smoke-sweep" / "0003-seed-2")
    alone = Run(tmp_path / "outputs" / "0002-smoke")
    for column in ("discriminator_loss", "generator_loss"):
        np.testing.assert_allclose(ours.history[column], alone.history[column], rtol=0.01)
    assert {path.name for path in ours.folder.iterdir()} == {
        path.name for path in alone.folder.iterdir()
    }
    longer = ("train", "--resume", "1/3", "--epochs", 6, "--quiet")
    further = installed(*longer, cwd=tmp_path, KERAS_BACKEND="jax")
    assert further.returncode == 0, further.stderr


@pytest.mark.slow
def test_ctrl_c_saves_all_of_them(tmp_path, own_digits):
    """The sweep resumes; each run has then all its epochs."""
    settings = (*SETTINGS, "--data", own_digits, "--epochs", 60)
    sweep = ("sweep", *settings, "--seeds", "0-1", "--together")
    with start(*sweep, cwd=tmp_path) as process:
        runs = tmp_path / "outputs" / "0001-smoke-sweep"
        while not list(runs.glob("0002-*/history.csv")) and process.poll() is None:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        process.communicate()
    assert process.returncode == 130
    assert [each["status"] for each in record(tmp_path)] == ["interrupted"] * 2
    resumed = installed("sweep", "--resume", 1, cwd=tmp_path)
    assert resumed.returncode == 0, resumed.stderr
    assert status(tmp_path) == "finished"
    assert [each["epochs"] for each in record(tmp_path)] == [60, 60]


def test_what_cannot_be_together_is_refused(tmp_path):
    """One sentence each."""
    tensorflow = ("sweep", "--together", "--set", "training.backend=tensorflow")
    assert "training.backend=jax" in refusal(*tensorflow, cwd=tmp_path, KERAS_BACKEND="")
    assert "leave out --jobs" in refusal("sweep", "--together", "--jobs", 2, cwd=tmp_path)
