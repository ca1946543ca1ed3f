"""A training that several devices share equals one on a single device, within rounding."""

import json
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from mnist_gan import Run
from tests.conftest import TINY, environment, installed

TWO = {"XLA_FLAGS": "--xla_force_host_platform_device_count=2", "KERAS_BACKEND": "jax"}
STEPS = """
import json, sys
import numpy as np
from mnist_gan.config.loading import load_config
from mnist_gan.data.sources import Dataset
from mnist_gan.support.runtime import start_backend
from mnist_gan.training.build import build_trainer, real_rows

start_backend("jax")
rng = np.random.default_rng(0)
images = rng.uniform(-1, 1, (300, 784)).astype(np.float32)
data = Dataset(images, rng.integers(0, 10, 300), "noise", "")
found = []
for devices in (1, 2):
    config = load_config(sys.argv[1], {"training.batch_size": 32, "training.devices": devices,
        "training.precision": "float32", **json.loads(sys.argv[2])})
    trainer = build_trainer(config, real_rows(config, data))
    sums = trainer.step.run(trainer.images, 5)
    state = trainer.state()
    assert len(trainer.images.sharding.device_set) == devices
    found.append([sums.tolist(), *(state[key].ravel()[:2000].tolist() for key in sorted(state))])
print(json.dumps(found))
"""
SMALL = {"generator.widths": [16, 32], "discriminator.widths": [32, 16]}
CHANNELS = {"generator.widths": [16, 8, 8], "discriminator.widths": [8, 8, 16]}


@pytest.mark.parametrize(
    ("recipe", "settings"),
    [
        ("tutorial", SMALL),
        ("fast", SMALL),  # relativistic, R1 and R2, an average, a categorical code
        ("dcgan", CHANNELS),
        ("conditional", CHANNELS),
    ],
)
def test_two_devices_compute_what_one_does(recipe, settings):
    """Sums, weights, moments and the average after five steps agree within rounding."""
    ended = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", STEPS, recipe, json.dumps(settings)],
        env=environment(**TWO),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    one, two = json.loads(ended.stdout)
    for first, second in zip(one, two, strict=True):
        np.testing.assert_allclose(second, first, rtol=1e-3, atol=2e-5)


def test_a_run_is_shared_and_resumed_with_another_number(tmp_path, own_digits):
    """Grids, evaluation and files are as ever; a resume with one device says that bits differ."""
    tiny = (*TINY, "--set", "training.eval_samples=100", "--data", own_digits)
    shared = (*tiny, "--set", "training.devices=all", "--epochs", 2, "--quiet")
    trained = installed("train", *shared, cwd=tmp_path, **TWO)
    assert trained.returncode == 0, trained.stderr
    run = tmp_path / "outputs" / "0001-smoke"
    assert "devices: 2" in (run / "config.yaml").read_text()
    assert (run / "best.keras").is_file()
    resumed = installed(
        *("train", "--resume", 1, "--epochs", 3, "--set", "training.devices=1"),
        cwd=tmp_path,
        KERAS_BACKEND="jax",
    )
    assert resumed.returncode == 0, resumed.stderr
    assert "began on 2 devices; on 1 its last bits differ" in resumed.stderr


@pytest.mark.parametrize(
    ("settings", "variables", "sentence"),
    [
        (("training.devices=2",), {"KERAS_BACKEND": "tensorflow"}, "training.backend=jax"),
        (("training.devices=3",), TWO, "JAX has 2 devices here"),
        (("training.devices=2", "training.batch_size=33"), TWO, "cannot share batches of 33"),
        (("training.devices=0",), {}, "training.devices"),
        (("training.devices=some",), {}, "training.devices"),
    ],
)
def test_what_cannot_be_shared_is_refused(tmp_path, own_digits, settings, variables, sentence):
    """One sentence, and no run."""
    sets = [part for setting in settings for part in ("--set", setting)]
    ended = installed("train", *TINY, "--data", own_digits, *sets, cwd=tmp_path, **variables)
    assert ended.returncode == 2
    assert sentence in ended.stderr
    assert not (tmp_path / "outputs").exists()


def together(*arguments: object, cwd: Path) -> list[subprocess.CompletedProcess[str]]:
    """Run a command as two processes of one training, over the loopback interface."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{found.getsockname()[1]}"
    hosts = ("--multi-host", "--coordinator", address, "--processes", 2, "--process")
    with ThreadPoolExecutor(2) as pool:
        started = [
            pool.submit(installed, *arguments, *hosts, place, cwd=cwd, KERAS_BACKEND="jax")
            for place in (0, 1)
        ]
        return [each.result() for each in started]


def test_two_processes_train_one_run(tmp_path, own_digits):
    """The first records it; losses are those of a training alone, and it resumes."""
    settings = ("--set", "training.eval_samples=100", "--data", own_digits, "--epochs")
    for ended in together("train", *TINY, *settings, 2, cwd=tmp_path):
        assert ended.returncode == 0, ended.stderr
    shared = Run(tmp_path / "outputs" / "0001-smoke")
    alone = ("train", *TINY, *settings, 2, "--quiet")
    assert installed(*alone, cwd=tmp_path, KERAS_BACKEND="jax").returncode == 0
    single = Run(tmp_path / "outputs" / "0002-smoke")
    for column in ("discriminator_loss", "generator_loss", "real_score", "fake_score"):
        np.testing.assert_allclose(shared.history[column], single.history[column], rtol=1e-4)
    for ended in together("train", "--resume", 1, "--epochs", 3, cwd=tmp_path):
        assert ended.returncode == 0, ended.stderr
    assert len(Run(tmp_path / "outputs" / "0001-smoke").history["epoch"]) == 3
    assert len(list((tmp_path / "outputs").glob("0*"))) == 2


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--processes", 2), "go with --multi-host"),
        (("--multi-host", "--processes", 2), "go together"),
        (("--multi-host",), "training.backend=jax"),
    ],
)
def test_options_that_miss_each_other_are_refused(tmp_path, options, sentence):
    """One sentence, before anything is loaded."""
    ended = installed("train", *options, cwd=tmp_path, KERAS_BACKEND="tensorflow")
    assert ended.returncode == 2
    assert sentence in ended.stderr
    assert "loading" not in ended.stderr
