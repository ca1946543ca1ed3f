"""The runs that trials copy, and the command that trains the one that is killed."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from tests.faults.command import complaint, environment, finish, start

SMALL = (
    *("--config", "smoke", "--set", "generator.widths=[16]", "--set", "discriminator.widths=[16]"),
    *("--set", "training.eval_samples=100", "--set", "training.checkpoint_seconds=0.2"),
)
COUNT = 2400  # images
LATENT = 16  # size of the latents of SMALL
DIGIT, LATENTS = "digit.png", "latents.npy"  # inputs of commands
# adds a run that was stopped after its first epoch
STOPPED = """
import signal
import mnist_gan as mg
from mnist_gan.config.loading import load_config

def stop(report):
    if report.epoch_ended:
        signal.raise_signal(signal.SIGINT)

config = load_config("outputs/0001-bystander/config.yaml", {"name": "stopped"})
run = mg.train(config, callbacks=[stop], outputs="outputs", quiet=True)
assert run.status == "interrupted", run.status
"""


def own_digits(folder: Path) -> Path:
    """Return a file with some of the embedded digits, labelled."""
    from mnist_gan.data.offline import embedded_digits

    images, labels = embedded_digits()
    every = len(images) // COUNT
    path = folder / "own.npz"
    np.savez(path, x_train=images[::every], y_train=labels[::every])
    return path


def make_template(folder: Path) -> Path:
    """Return a folder with runs: one to watch, one to damage, a sweep of two, and one to go on.

    The first, the second and, once it is resumed, the last are equal.
    """
    template = folder / "template"
    template.mkdir()
    data = own_digits(folder)
    small = (*SMALL, "--data", data, "--epochs", "2", "--quiet")
    _run(template, "train", *small, "--name", "bystander")
    runs = template / "outputs"
    shutil.copytree(runs / "0001-bystander", runs / "0002-victim")
    (runs / ".last-number").write_text("2")
    _run(template, "sweep", *small, "--name", "sweep", "--seeds", "0,1")
    (template / "stderr").unlink()
    run_script(STOPPED, template)
    Image.new("L", (28, 28), 128).save(template / DIGIT)
    np.save(template / LATENTS, np.zeros((3, LATENT), np.float32))
    return template


def run_script(code: str, folder: Path) -> None:
    """Run Python code that has to work as a process of its own in a folder."""
    ended = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise SystemExit(f"A template cannot be made: {ended.stderr}")


def _run(folder: Path, *arguments: object) -> None:
    """Run a command that has to work."""
    ended = finish(start(arguments, folder), folder)
    if reason := complaint(ended, codes=[0]):
        raise SystemExit(f"The template cannot be made: {reason}\n{ended.stderr}")
