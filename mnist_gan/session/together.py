"""Several new runs that differ in the seed only, trained by one program on JAX."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from mnist_gan.config.loading import dump_config
from mnist_gan.config.schema import Config
from mnist_gan.data.sources import Dataset
from mnist_gan.runs import create_run
from mnist_gan.session.callbacks import Callback
from mnist_gan.session.plan import Plan, build_plan, resolved_here
from mnist_gan.session.signals import StopSignals
from mnist_gan.session.train import new_manifest, train_plan

if TYPE_CHECKING:
    from mnist_gan.training.backends.jax import GanStep

LOOK = 0.2  # seconds between two looks at whether all threads have ended


class Member:
    """One of the runs.

    Args:
        number: Its number.
        config: What is trained.
        callbacks: Of its training.
    """

    def __init__(self, number: int, config: Config, callbacks: Sequence[Callback]) -> None:
        self.number, self.config, self.callbacks = number, config, callbacks
        self.failure: Exception | None = None


def train_together(members: Sequence[Member], outputs: Path, dataset: Dataset) -> None:
    """Train the runs, each recorded by a thread of its own; a signal saves and stops all.

    Args:
        members: The runs. What goes wrong in one is kept in its `failure`; the others go on.
        outputs: The folder of the runs.
        dataset: The real images of all.
    """
    began = time.monotonic()
    plans: list[Plan] = []
    for member in members:
        plans.append(build_plan(resolved_here(member.config), None, dataset))
        plans[-1].trainer.images = plans[0].trainer.images  # once on the device
    from mnist_gan.training.backends.jax_together import Together

    with StopSignals() as stop:

        def before() -> None:
            for plan in plans if stop.received else ():
                plan.trainer.step.generator.stop_training = True  # as a callback may

        together = Together([cast("GanStep", plan.trainer.step) for plan in plans], before)
        threads = [
            threading.Thread(target=partial(_record, member, plan, outputs, began, together.leave))
            for member, plan in zip(members, plans, strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive():
                thread.join(LOOK)


def _record(
    member: Member, plan: Plan, outputs: Path, began: float, leave: Callable[..., None]
) -> None:
    """Train one run, in its thread."""
    try:
        run = create_run(
            outputs, plan.config.name, dump_config(plan.config), new_manifest(plan), member.number
        )
        with run.locked():
            train_plan(plan, run, None, member.callbacks, began, quiet=True)
    except Exception as error:  # of this run alone
        member.failure = error
    finally:
        leave(plan.trainer.step)
