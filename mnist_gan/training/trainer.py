"""`Trainer`: epochs of steps; yields a report after each call."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from mnist_gan.training.backends.tensorflow import MEASURES, GanStep


@dataclass(frozen=True)
class Report:
    """Where training stands: the means are over the steps of this epoch so far."""

    epoch: int  # counted from 1; 0 while the discriminator warms up, which counts no steps
    step: int  # made in all
    steps: int  # made by the last call
    epoch_ended: bool
    means: dict[str, float]  # one for each of MEASURES


class Trainer:
    """Trains a `GanStep` on real images (n, 784), epoch after epoch, resumable at every call."""

    def __init__(
        self,
        step: GanStep,
        images: np.ndarray,
        *,
        steps_per_epoch: int,
        steps_per_call: int,
        pretrain_steps: int = 0,
    ) -> None:
        self.step = step
        self.images = tf.convert_to_tensor(images)
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
        while self.step.count < epochs * self.steps_per_epoch:
            yield self._call()

    def state(self) -> dict[str, np.ndarray]:
        """Return copies of all that training changes."""
        return {**self.step.state(), "totals": self.totals.copy()}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Take over a state that `state` returned; training then goes on bit for bit."""
        self.step.restore(state)
        self.totals = np.array(state["totals"], np.float64)

    def _call(self) -> Report:
        """Make the next compiled call, which never crosses the end of an epoch."""
        epoch, done = divmod(self.step.count, self.steps_per_epoch)
        steps = min(self.steps_per_call, self.steps_per_epoch - done)
        start = np.zeros_like(self.totals) if done == 0 else self.totals
        self.totals = start + self.step.run(self.images, tf.constant(steps)).numpy()
        means = dict(zip(MEASURES, (self.totals / (done + steps)).tolist(), strict=True))
        ended = done + steps == self.steps_per_epoch
        return Report(epoch + 1, self.step.count, steps, ended, means)

    def _pretrain(self) -> Iterator[Report]:
        """Train the discriminator alone for what is left of the warm-up before the first step."""
        while self.updates_alone:
            steps = min(self.steps_per_call, self.updates_alone)
            self.step.pretrain(self.images, tf.constant(steps))
            yield Report(0, 0, 0, False, {})
