"""The memory of a training, estimated from its config, beside what it takes."""

import shutil
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from mnist_gan.config.loading import load_config
from mnist_gan.session.memory import refuse_without_memory_for, training_bytes
from mnist_gan.session.start import train
from mnist_gan.support import free_memory
from mnist_gan.support.errors import UserError
from tests.conftest import COMMAND, environment

MEASURE = (
    "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True);"
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)"
)


@pytest.mark.slow
@pytest.mark.parametrize(("count", "widths"), [(60_000, None), (256, [8192, 8192])])
def test_the_estimate_is_near_the_peak(tmp_path, count, widths):
    """On as many images as MNIST has, and of the widest networks, within a quarter."""
    images = np.zeros((count, 28, 28), np.uint8)
    images[:, 8:20, 8:20] = np.random.default_rng(0).integers(0, 256, (count, 12, 12))
    np.savez(tmp_path / "many.npz", x_train=images)
    config = load_config("fast", {"generator.widths": widths} if widths else {})
    settings = f"generator.widths={list(config.generator.widths)}"
    command = (str(COMMAND), "train", "--config", "fast", "--epochs", "1", "--quiet", "--data")
    ended = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", MEASURE, *command, str(tmp_path / "many.npz"), "--set", settings],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    peak = int(ended.stdout.split()[-1])
    estimate = training_bytes(config, count)
    assert 0.75 < estimate / peak < 1.25


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"generator.widths": [8192] * 4}, r"The generator would have 20.,...,... weights"),
        ({"discriminator.widths": [8192] * 10}, r"needs about 2.,... MB of memory, but only 2,048"),
    ],
)
def test_a_training_that_does_not_fit_is_refused_at_once(tmp_path, monkeypatch, change, sentence):
    """With the estimate, before the backend is loaded and before anything is written."""
    (tmp_path / "meminfo").write_text("MemAvailable: 2000000 kB\n")
    monkeypatch.setattr(free_memory, "PROC", tmp_path)
    # Its checkpoints would take 27 GB, and a disk with less would be refused first.
    monkeypatch.setattr(shutil, "disk_usage", lambda place: SimpleNamespace(free=10**12))
    config = load_config("smoke", {"data.source": "digits", **change})
    with pytest.raises(UserError, match=sentence):
        train(config, tmp_path / "outputs")
    assert not (tmp_path / "outputs").exists()


def test_images_that_do_not_fit_are_refused_once_they_are_counted(tmp_path, monkeypatch):
    """Each takes its share beside the networks."""
    (tmp_path / "meminfo").write_text("MemAvailable: 2000000 kB\n")
    monkeypatch.setattr(free_memory, "PROC", tmp_path)
    config = load_config("smoke")
    refuse_without_memory_for(config, 50_000)
    with pytest.raises(UserError, match=r"needs about 10,6.. MB of memory, but only 2,048 MB are"):
        refuse_without_memory_for(config, 1_000_000)


def test_larger_networks_take_more():
    """The estimate grows with the weights."""
    wide = load_config("tutorial", {"generator.widths": [8192, 8192]})
    assert training_bytes(wide) > training_bytes(load_config("tutorial")) + 8192**2 * 4 * 4
