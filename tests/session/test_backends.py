"""One run on either backend, through the installed command."""

import signal

import numpy as np
import pytest

from mnist_gan.runs import RunFolder
from mnist_gan.support.runtime import BACKENDS
from tests.conftest import TINY, installed, start

SHORT = ("train", *TINY, "--epochs", "2", "--data", "digits", "--digits", "3,7")
EVERY_CALL = ("--set", "training.checkpoint_seconds=0")


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Return the run folders of the same short training on both backends."""
    folder = tmp_path_factory.mktemp("both")
    for backend in BACKENDS:
        result = installed(
            *SHORT, "--set", f"training.backend={backend}", "--name", backend, cwd=folder
        )
        assert result.returncode == 0, result.stderr
    return {
        name: RunFolder(folder / f"outputs/000{n}-{name}") for n, name in enumerate(BACKENDS, 1)
    }


@pytest.mark.slow
def test_both_learn_alike(runs):
    """The same files, and losses that differ by their draws alone."""
    histories = [run.history() for run in runs.values()]
    for first, second in zip(*histories, strict=True):
        assert first.keys() == second.keys()
        for name in ("discriminator_loss", "generator_loss"):
            assert first[name] == pytest.approx(second[name], rel=0.15)
    names = [sorted(path.name for path in run.folder.rglob("*.*")) for run in runs.values()]
    assert names[0] == names[1]
    for backend, run in runs.items():
        assert run.config().training.backend == backend
        assert backend in run.manifest().versions
        states = run.checkpoints.newest().state
        assert states.keys() == runs["jax"].checkpoints.newest().state.keys()


@pytest.mark.slow
def test_a_run_goes_on_on_its_own_backend_unless_asked(runs, tmp_path):
    """KERAS_BACKEND alone is no wish to change it; --backend-change says what it costs."""
    folder = runs["tensorflow"].folder
    resume = ("train", "--resume", folder, "--epochs", "3")
    refused = installed(*resume, cwd=tmp_path, KERAS_BACKEND="jax")
    assert refused.returncode == 2
    assert "The run began on TensorFlow, and on another backend its last bits" in refused.stderr
    assert "add --backend-change" in refused.stderr
    changed = installed(*resume, "--backend-change", cwd=tmp_path, KERAS_BACKEND="jax")
    assert changed.returncode == 0, changed.stderr
    assert "The run continues on JAX, so its last bits differ from now on." in changed.stderr
    run = RunFolder(folder)
    assert (run.manifest().epochs, run.config().training.backend) == (3, "jax")
    later = installed("train", "--resume", folder, "--epochs", "4", cwd=tmp_path, KERAS_BACKEND="")
    assert later.returncode == 0, later.stderr
    assert run.config().training.backend == "jax"


@pytest.mark.slow
def test_jax_resumes_after_kill_9_to_the_bit(tmp_path):
    """Killed in its second epoch, a run ends as one that was left alone."""
    options = (*SHORT, *EVERY_CALL, "--set", "training.backend=jax", "--epochs", "3")
    assert installed(*options, "--name", "whole", cwd=tmp_path).returncode == 0
    with start(*options, "--name", "cut", cwd=tmp_path) as process:
        for line in process.stderr:
            if line.startswith("epoch 1/"):
                break
        process.send_signal(signal.SIGKILL)
    whole, cut = (RunFolder(tmp_path / f"outputs/000{n}") for n in ("1-whole", "2-cut"))
    resumed = installed("train", "--resume", "2", cwd=tmp_path, KERAS_BACKEND="")
    assert resumed.returncode == 0, resumed.stderr
    states = [run.checkpoints.newest().state for run in (whole, cut)]
    assert states[0].keys() == states[1].keys()
    assert all(np.array_equal(states[0][name], states[1][name]) for name in states[0])
    drop = {"seconds"}
    rows = [
        [{k: v for k, v in row.items() if k not in drop} for row in run.history()]
        for run in (whole, cut)
    ]
    assert rows[0] == rows[1]


def test_backend_change_belongs_to_resume(tmp_path):
    """A new run has no backend to change."""
    result = installed("train", "--backend-change", cwd=tmp_path)
    assert result.returncode == 2
    assert "--backend-change goes with --resume RUN" in result.stderr
