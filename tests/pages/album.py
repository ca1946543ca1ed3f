"""Runs for the tests of pages, made without training: the bundled generator and its digits."""

import shutil
from pathlib import Path

import numpy as np

from mnist_gan.api import load_generator
from mnist_gan.runs import Cells, RunFolder
from mnist_gan.sampling.sampler import sample
from mnist_gan.support.assets import asset
from tests.runs.test_runs import make_run

EQUILIBRIUM = (0.69, 0.8, 0.2)


def album(outputs: Path, epochs: int = 5, every: int = 1, name: str = "album") -> RunFolder:
    """Return a run with a history, grids that get closer to digits, and the bundled generator."""
    run = make_run(outputs, name, epochs=epochs, equilibrium=EQUILIBRIUM, verdict="balanced")
    shutil.copy(asset("generator.keras"), run.generator)
    images = sample(load_generator(run.generator), 100)
    noise = np.random.default_rng(0).uniform(-1, 1, images.shape)
    drawn = [epoch for epoch in range(1, epochs + 1) if epoch in (1, epochs) or epoch % every == 0]
    run.write_history([row(epoch, online=epoch in drawn) for epoch in range(1, epochs + 1)])
    for epoch in drawn:
        share = epoch / epochs
        run.write_grid(epoch, share * images + (1 - share) * noise)
        run.write_cells(epoch, cells(epoch), np.repeat(images, 3, axis=0))
    return run


def row(epoch: int, online: bool) -> dict[str, float]:
    """Return a row of a history, with or without an online evaluation."""
    losses = {"discriminator_loss": 0.5 + 0.2 / epoch, "generator_loss": 1 / epoch}
    scores = {"real_score": 0.6, "fake_score": 0.4}
    evaluation = {"frechet_distance": 900 / epoch, "confidence": 0.9}
    shares = {f"digit_{digit}": 0.1 for digit in range(10)}
    times = {"epoch": epoch, "step": epoch, "seconds": 1.5}
    return {**times, **losses, **scores, **(evaluation | shares if online else {})}


def cells(epoch: int) -> Cells:
    """Return the annotations of a grid."""
    return Cells(
        scores=[0.25] * 100,
        digits=[index % 10 for index in range(100)],
        confidence=[0.75] * 100,
        nearest=[[index, 10 * index, 1000 + epoch] for index in range(100)],
        distances=[[1.0, 2.0, 3.5]] * 100,
    )
