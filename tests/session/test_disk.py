"""The disk space of a run, from its config alone."""

import shutil
from types import SimpleNamespace

import numpy as np
import pytest

from mnist_gan.config.loading import load_config, shipped_configs
from mnist_gan.config.schema import Training
from mnist_gan.session.disk import (
    discriminator_weights,
    folder_bytes,
    generator_weights,
    refuse_without_room,
)
from mnist_gan.support.errors import UserError
from mnist_gan.training.build import build_trainer

CONVOLUTIONS = {
    "generator.architecture": "convolutional",
    "generator.widths": [9, 6, 4],
    "discriminator.architecture": "convolutional",
    "discriminator.widths": [3, 5],
}
NORMALIZED = {
    f"{network}.{kind}_norm": True
    for network in ("generator", "discriminator")
    for kind in ("batch", "spectral")
}
VARIANTS = {
    "convolutions": CONVOLUTIONS,
    "maxout": {"discriminator.maxout_pieces": 3, "discriminator.input_dropout": 0.1},
    "sgd": {"training.optimizer": "sgd", "generator.ema_decay": 0.9},
    "labels": {"training.conditional": True},
    "normalized": NORMALIZED,
    "normalized convolutions": {**CONVOLUTIONS, **NORMALIZED, "discriminator.widths": [3, 5, 7]},
    "upsampling": {
        **CONVOLUTIONS,
        "generator.upsampling": "nearest",
        "generator.spectral_norm": True,
    },
}


@pytest.mark.parametrize("variant", [*shipped_configs(), *VARIANTS])
def test_the_weights_are_those_that_keras_counts(variant):
    """For every recipe and for the other settings, checkpoints included."""
    name = variant if variant in shipped_configs() else "smoke"
    config = load_config(name, {"training.precision": "float32", **VARIANTS.get(variant, {})})
    classes = 10 if config.training.conditional else 0
    trainer = build_trainer(config, np.zeros((2, 784 + classes), np.float32))
    step, state = trainer.step, trainer.state()
    counted = generator_weights(config), discriminator_weights(config)
    assert counted == (step.generator.count_params(), step.discriminator.count_params())
    saved = 3 * sum(array.nbytes for array in state.values())
    assert saved < folder_bytes(config)


def test_grids_are_of_the_first_every_so_many_and_the_last_epoch():
    """With 50 epochs and a grid every 20: 1, 20, 40, 50."""
    training = Training(epochs=50, image_every=20)
    assert [epoch for epoch in range(1, 51) if training.has_grid(epoch)] == [1, 20, 40, 50]


def test_a_run_that_would_not_fit_is_refused_before_it_begins(tmp_path, monkeypatch):
    """Too little disk space is an error of one sentence with both sizes, and no folder is made."""
    config = load_config("smoke")
    needed = folder_bytes(config)
    monkeypatch.setattr(shutil, "disk_usage", lambda place: SimpleNamespace(free=needed))
    refuse_without_room(folder_bytes(config), tmp_path / "a" / "b")
    monkeypatch.setattr(shutil, "disk_usage", lambda place: SimpleNamespace(free=3_000_000))
    with pytest.raises(UserError, match=r"needs \d+ MB below .* only 3 MB are free"):
        refuse_without_room(folder_bytes(config), tmp_path / "a" / "b")
    assert list(tmp_path.iterdir()) == []
