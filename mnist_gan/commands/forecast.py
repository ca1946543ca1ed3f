"""What a training will cost in time and disk, measured from a few real steps."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mnist_gan.commands.recorder import GRID, NEIGHBOURS, is_image_epoch
from mnist_gan.config import Config
from mnist_gan.errors import UserError
from mnist_gan.images import PIXELS
from mnist_gan.pages.run_page import LARGEST
from mnist_gan.runs import CHECKPOINTS_KEPT
from mnist_gan.units import megabytes

if TYPE_CHECKING:
    from mnist_gan.trainer import Trainer

STEPS = 10  # timed, after one that pays for tracing
ROW = 150  # bytes of a row of the history, at most
PAGE = 500_000  # bytes of a page without its grids and its generator


@dataclass(frozen=True)
class Forecast:
    """The cost of the steps that are still to make, and of the whole run folder."""

    step_seconds: float
    seconds: float
    disk: int  # bytes


def forecast(trainer: Trainer, config: Config) -> Forecast:
    """Return what training will cost; the trainer is afterwards what it was before."""
    import tensorflow as tf

    state, step = trainer.state(), trainer.step
    step.run(trainer.images, tf.constant(1))
    began = time.monotonic()
    step.run(trainer.images, tf.constant(STEPS))
    step_seconds = (time.monotonic() - began) / STEPS
    trainer.restore(state)
    steps_left = config.training.epochs * trainer.steps_per_epoch - step.count
    checkpoint = sum(array.nbytes for array in state.values())
    models = sum(4 * model.count_params() for model in (step.generator, step.discriminator))
    epochs = range(1, config.training.epochs + 1)
    grids = sum(is_image_epoch(epoch, config.training) for epoch in epochs)
    page = 3 * step.generator.count_params() + grids * 2 * GRID * PIXELS + PAGE
    disk = (
        (CHECKPOINTS_KEPT + 1) * checkpoint  # one is written before the oldest goes
        + 2 * models  # likewise
        + 4 * step.generator.count_params()  # the best one
        + grids * (1 + NEIGHBOURS) * GRID * PIXELS  # a byte a pixel; PNG packs them better
        + min(LARGEST, page)
        + len(epochs) * ROW
    )
    return Forecast(step_seconds, steps_left * step_seconds, disk)


def refuse_without_room(costs: Forecast, outputs: Path) -> None:
    """Refuse to begin where the disk has no room for the run."""
    places = [outputs.absolute(), *outputs.absolute().parents]
    folder = next(place for place in places if place.exists())
    free = shutil.disk_usage(folder).free
    if free < costs.disk:
        raise UserError(
            f"The run needs {megabytes(costs.disk)} below {outputs}, but only {megabytes(free)} "
            "are free; make room, or choose another place with --outputs."
        )
