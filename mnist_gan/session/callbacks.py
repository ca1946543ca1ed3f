"""Functions and Keras callbacks that are told how a training proceeds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, Self

from mnist_gan.support.errors import UserError

if TYPE_CHECKING:
    from mnist_gan.runs import Row, RunFolder
    from mnist_gan.training.trainer import Report, Trainer


class KerasCallback(Protocol):
    """What is used of `keras.callbacks.Callback`."""

    def set_model(self, model: Any) -> None:
        """Take the generator, whose `stop_training` may be set to True."""

    def set_params(self, params: dict[str, Any]) -> None:
        """Take the number of epochs and of steps in one."""

    def on_train_begin(self, logs: Any = None) -> None:
        """Be told that training begins."""

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Be told that an epoch begins, counted from 0."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Be told that an epoch has ended, with its mean losses and scores."""

    def on_train_end(self, logs: Any = None) -> None:
        """Be told that training has ended."""


class RunCallback(Protocol):
    """What is told what the run folder has: see `session.tensorboard.TensorBoard`."""

    def on_run_begin(self, run: RunFolder, epochs: int) -> None:
        """Be told that training begins, after so many epochs."""

    def on_run_epoch(self, run: RunFolder, row: Row) -> None:
        """Be told that an epoch is kept, with its row of the history."""

    def on_run_end(self, run: RunFolder) -> None:
        """Be told that training has ended."""


Callback = Callable[["Report"], object] | KerasCallback | RunCallback


class Callbacks:
    """Calls each function with every report, and other callbacks at their events.

    At the end of the block, those that were told that training begins are told that it has ended,
    however it ended; then what one of the calls raised is raised, unless the block raised itself.
    """

    def __init__(
        self, callbacks: Sequence[Callback], trainer: Trainer, run: RunFolder, epochs: int
    ) -> None:
        self._run, self._epochs, self._trainer = run, epochs, trainer
        self._of_runs: list[Any] = [each for each in callbacks if hasattr(each, "on_run_epoch")]
        self._objects: list[Any] = [each for each in callbacks if hasattr(each, "on_epoch_end")]
        others = (*self._of_runs, *self._objects)
        self._functions: list[Any] = [each for each in callbacks if each not in others]
        self._model, self._open = trainer.step.generator, 0
        self._failure: Exception | None = None
        self._ends: list[Callable[[], object]] = []
        self._model.stop_training = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        for end in self._ends:
            self._keep_failure(end)
        if self._failure and error is None:
            raise self._failure

    @property
    def is_stopping(self) -> bool:
        """Whether training should end: a callback has failed, or asks for it."""
        return self._failure is not None or bool(self._model.stop_training)

    def begin(self) -> None:
        """Tell the callbacks that training begins, with the trainer's state as it is now."""
        steps = self._trainer.steps_per_epoch
        for each in self._objects:
            each.set_params({"epochs": self._epochs, "steps": steps, "verbose": 0})
            each.set_model(self._model)
            each.on_train_begin()
            self._ends.append(each.on_train_end)
        for each in self._of_runs:
            each.on_run_begin(self._run, self._trainer.step.count // steps)
            self._ends.append(partial(each.on_run_end, self._run))

    def report(self, report: Report, row: Row | None) -> None:
        """Hand on a report, and an epoch's row of the history if the report ended one.

        An exception is kept until the end of the block, so that the run is saved first.
        """
        self._keep_failure(partial(self._call, report, row))

    def _keep_failure(self, call: Callable[[], object]) -> None:
        """Make a call; keep what it raises, if it is the first that raises anything."""
        try:
            call()
        except Exception as error:  # of whoever calls us
            self._failure = self._failure or error

    def _call(self, report: Report, row: Row | None) -> None:
        for function in self._functions:
            function(report)
        for each in self._objects:
            if report.epoch > self._open:
                each.on_epoch_begin(report.epoch - 1)
            if report.epoch_ended:
                each.on_epoch_end(report.epoch - 1, dict(report.means))
        for each in self._of_runs if row else ():
            each.on_run_epoch(self._run, row)
        self._open = report.epoch


def check_callbacks(callbacks: Sequence[Callback]) -> None:
    """Raise UserError unless each is a function or a Keras callback."""
    for each in callbacks:
        known = ("on_epoch_end", "on_run_epoch")
        if not callable(each) and not any(hasattr(each, event) for event in known):
            raise UserError(
                f"callbacks holds {each!r}; each should be a function of a report, or a Keras "
                "callback."
            )
