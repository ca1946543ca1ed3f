"""`Trainer`: epochs of steps; yields a report after each call."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

import keras
import numpy as np

from mnist_gan.support.errors import UserError
from mnist_gan.training.step import MEASURES, Step

CALLS_AHEAD = 4  # epochs of the tutorial that a large GPU makes while a grid is written


@dataclass(frozen=True)
class Report:
    """Where training stands.

    Attributes:
        epoch: Counted from 1; 0 while the discriminator is pretrained, which counts no steps.
        step: Steps made in all.
        steps: Steps made by the last call.
        epoch_ended: Whether the last call ended an epoch.
        means: discriminator_loss, generator_loss, real_score and fake_score, each the mean over
            the steps of this epoch so far.
    """

    epoch: int
    step: int
    steps: int
    epoch_ended: bool
    means: dict[str, float]


class Trainer:
    """Trains a `GanStep` on real samples, epoch after epoch, resumable at every call.

    Args:
        step: What is trained.
        images: The real samples, float32 (n, features), with classes behind them if the networks
            are conditioned on some.
        steps_per_epoch: None: as many as there are batches.
        steps_per_call: Steps between two reports.
        pretrain_steps: Updates of the discriminator before the first step.

    Raises:
        UserError: Where the samples or a number are not valid.
    """

    def __init__(
        self,
        step: Step,
        images: np.ndarray,
        *,
        steps_per_epoch: int | None = None,
        steps_per_call: int = 26,
        pretrain_steps: int = 0,
    ) -> None:
        _check(step, images)
        if steps_per_epoch is None:
            steps_per_epoch = max(1, len(images) // step.settings.batch_size)
        for name, number in (
            ("steps_per_epoch", steps_per_epoch),
            ("steps_per_call", steps_per_call),
        ):
            if number < 1:
                raise UserError(f"{name} is {number}; it should be 1 or more.")
        self.step = step
        self.samples = images  # here; those on the device:
        self.images = step.place(keras.ops.convert_to_tensor(images))
        self.steps_per_epoch, self.steps_per_call = steps_per_epoch, steps_per_call
        self.pretrain_steps = pretrain_steps
        self.totals = np.zeros(len(MEASURES))  # sums over the steps of this epoch so far

    @property
    def updates_alone(self) -> int:
        """How many updates the discriminator still has before the first step."""
        return 0 if self.step.count else max(0, self.pretrain_steps - self.step.pretrain_updates)

    def run(self, epochs: int) -> Iterator[Report]:
        """Train until `epochs` are done in all; yield a report after each call."""
        yield from self._pretrain()
        yield from self.steps(epochs)

    def steps(self, epochs: int) -> Iterator[Report]:
        """Do the same without updates of the discriminator alone beforehand."""
        last = epochs * self.steps_per_epoch
        while self.step.count < last:
            yield self._call(last)

    def state(self) -> dict[str, np.ndarray]:
        """Return copies of all that training changes."""
        return {**self.step.state(), "totals": self.totals.copy()}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Take over a state that `state` returned; training then goes on bit for bit."""
        self.step.restore(state)
        self.totals = np.array(state["totals"], np.float64)

    def _call(self, last: int) -> Report:
        """Make the next compiled call of a training that ends after step `last`."""
        count = self.step.count
        epoch, done = divmod(count, self.steps_per_epoch)
        steps, *ahead = islice(self._calls(count, last), 1 + CALLS_AHEAD)
        start = np.zeros_like(self.totals) if done == 0 else self.totals
        self.totals = start + self.step.run(self.images, steps, ahead)
        means = dict(zip(MEASURES, (self.totals / (done + steps)).tolist(), strict=True))
        ended = done + steps == self.steps_per_epoch
        return Report(epoch + 1, self.step.count, steps, ended, means)

    def _calls(self, count: int, last: int) -> Iterator[int]:
        """Yield the steps of each call from step `count` to `last`; none crosses an epoch's end."""
        while count < last:
            steps = min(self.steps_per_call, self.steps_per_epoch - count % self.steps_per_epoch)
            yield steps
            count += steps

    def _pretrain(self) -> Iterator[Report]:
        """Train the discriminator alone for what is left of the warm-up before the first step."""
        while self.updates_alone:
            steps = min(self.steps_per_call, self.updates_alone)
            self.step.pretrain(self.images, steps)
            yield Report(0, 0, 0, False, {})


def _check(step: Step, images: np.ndarray) -> None:
    """Raise UserError unless the images are what the step's discriminator takes."""
    if not isinstance(step, Step):
        raise UserError(f"step is {step!r}; it should be a GanStep.")
    features = step.discriminator.inputs[0].shape[-1] + step.classes
    shape, dtype = np.shape(images), getattr(images, "dtype", None)
    if len(shape) != 2 or not shape[0] or shape[1] != features or str(dtype) != "float32":
        raise UserError(
            f"The real samples are {dtype} {shape}; expected is float32 (n, {features})."
        )
