"""What is said before the first step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mnist_gan.data.checks import described
from mnist_gan.runs import RunFolder
from mnist_gan.session.disk import folder_bytes
from mnist_gan.session.plan import Plan
from mnist_gan.support.console import say
from mnist_gan.support.units import counted, megabytes

if TYPE_CHECKING:
    from mnist_gan.training.trainer import Trainer

RECIPES = "tutorial as in the texts, fast for now, best or dcgan for quality"


def summary(plan: Plan, run: RunFolder | None = None) -> None:
    """Print the config, data, networks and training of a plan, with the disk space it needs.

    Args:
        plan: The plan.
        run: Its run folder, if there is one already.
    """
    config, trainer = plan.config, plan.trainer
    training, step = config.training, trainer.step
    say(f"config         {config.name}")
    say(f"recipes        {RECIPES}")
    chosen = "; --data mnist takes MNIST" if config.data.source == "digits" else ""
    say(f"data           {described(plan.dataset)}{chosen}")
    say(f"generator      {_shape(step.generator)}")
    say(f"discriminator  {_shape(step.discriminator)}")
    say(
        f"training       {counted(training.epochs, 'epoch')} of "
        f"{counted(trainer.steps_per_epoch, 'step')}, batch {training.batch_size}, "
        f"{training.precision}, seed {training.seed}, {counted(plan.threads, 'thread')}"
    )
    if run:
        say(f"kept in        {run.folder}")
    if step.count:
        say(f"resumes        after step {step.count:,}, in epoch {_epoch(trainer)}")
    if run and (diagnosis := run.manifest().verdict):
        say(f"diagnosis      {diagnosis}")
    say(f"disk           at most {megabytes(folder_bytes(config))}")


def _epoch(trainer: Trainer) -> int:
    """Return the epoch of the next step."""
    return trainer.step.count // trainer.steps_per_epoch + 1


def _shape(model: Any) -> str:
    """Return the widths of a network and its number of weights as text."""
    inputs = " + ".join(str(each.shape[-1]) for each in model.inputs)
    widths = [inputs, *(w.shape[0] for w in model.weights if len(w.shape) == 1)]
    return f"{' -> '.join(map(str, widths))} ({model.count_params():,} weights)"
