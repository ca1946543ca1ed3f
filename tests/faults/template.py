"""The runs that trials copy, and the command that trains the one that is killed."""

import shutil
from pathlib import Path

import numpy as np

from tests.faults.command import complaint, finish, start

SMALL = (
    *("--config", "smoke", "--set", "generator.widths=[16]", "--set", "discriminator.widths=[16]"),
    *("--set", "training.eval_samples=100", "--set", "training.checkpoint_seconds=0.2"),
)
COUNT = 2400  # images


def own_digits(folder: Path) -> Path:
    """Return a file with some of the embedded digits, labelled."""
    from mnist_gan.data.offline import embedded_digits

    images, labels = embedded_digits()
    every = len(images) // COUNT
    path = folder / "own.npz"
    np.savez(path, x_train=images[::every], y_train=labels[::every])
    return path


def make_template(folder: Path) -> Path:
    """Return a folder with three runs: one to watch, one to damage, and a sweep of two."""
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
    return template


def _run(folder: Path, *arguments: object) -> None:
    """Run a command that has to work."""
    ended = finish(start(arguments, folder), folder)
    if reason := complaint(ended, codes=[0]):
        raise SystemExit(f"The template cannot be made: {reason}\n{ended.stderr}")
