"""The memory of a training, estimated from its config, beside what it takes."""

import subprocess
import sys

import numpy as np
import pytest

from mnist_gan.config.loading import load_config
from mnist_gan.session import memory
from mnist_gan.session.memory import free_bytes, training_bytes
from tests.conftest import COMMAND, environment

MEASURE = (
    "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True);"
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)"
)


@pytest.mark.slow
def test_the_estimate_is_near_the_peak(tmp_path):
    """On as many images as MNIST has, within a quarter."""
    images = np.zeros((60_000, 28, 28), np.uint8)
    images[:, 8:20, 8:20] = np.random.default_rng(0).integers(0, 256, (60_000, 12, 12))
    np.savez(tmp_path / "many.npz", x_train=images)
    command = (str(COMMAND), "train", "--config", "fast", "--epochs", "1", "--quiet", "--data")
    ended = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", MEASURE, *command, str(tmp_path / "many.npz")],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    peak = int(ended.stdout.split()[-1])
    estimate = training_bytes(load_config("fast"))
    assert 0.75 < estimate / peak < 1.25


def test_larger_networks_take_more():
    """The estimate grows with the weights."""
    wide = load_config("tutorial", {"generator.widths": [8192, 8192]})
    assert training_bytes(wide) > training_bytes(load_config("tutorial")) + 8192**2 * 4 * 4


def test_free_memory_is_what_the_system_says(tmp_path, monkeypatch):
    """It is read from /proc/meminfo, and None where there is no such file."""
    file = tmp_path / "meminfo"
    file.write_text("MemTotal: 24000000 kB\nMemAvailable:   1000 kB\n")
    monkeypatch.setattr(memory, "MEMINFO", file)
    assert free_bytes() == 1_024_000
    monkeypatch.setattr(memory, "MEMINFO", tmp_path / "none")
    assert free_bytes() is None
