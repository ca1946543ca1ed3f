"""Callbacks are told the end of a training, however it ends."""

from types import SimpleNamespace

import pytest

import mnist_gan as mg
from mnist_gan.session.callbacks import Callbacks

TINY = {
    "generator__widths": (16,),
    "discriminator__widths": (16,),
    "training__eval_samples": 0,
    "quiet": True,
}
DIVERGING = {
    "training__objective": "wasserstein",
    "training__optimizer": "sgd",
    "generator__learning_rate": 1.0,
    "discriminator__learning_rate": 1.0,
}


class Told:
    """A callback like those of Keras and of runs, which remembers what it is told.

    Args:
        failing: The event at which it raises.
    """

    def __init__(self, failing: str = "") -> None:
        self.events: list[str] = []
        self._failing = failing

    def set_model(self, model):
        """Take the generator."""

    def set_params(self, params):
        """Take the number of epochs."""

    def on_train_begin(self):
        """As of Keras."""
        self._told("begin")

    def on_epoch_begin(self, epoch):
        """As of Keras."""

    def on_epoch_end(self, epoch, logs):
        """As of Keras."""
        self._told("epoch")

    def on_train_end(self):
        """As of Keras."""
        self._told("end")

    def on_run_begin(self, run, epochs):
        """As of runs."""
        self._told("run begins")

    def on_run_epoch(self, run, row):
        """As of runs."""

    def on_run_end(self, run):
        """As of runs."""
        self._told("run ends")

    def _told(self, event: str) -> None:
        """Remember an event, and raise if it is the one."""
        self.events.append(event)
        if event == self._failing:
            raise ZeroDivisionError(event)


def called(*callbacks: Told) -> Callbacks:
    """Return the callbacks of a training that is none."""
    step = SimpleNamespace(generator=SimpleNamespace(), count=0)
    return Callbacks(callbacks, SimpleNamespace(step=step, steps_per_epoch=1), None, 1)


@pytest.mark.parametrize("failing", ["end", "run ends"])
def test_one_that_fails_at_the_end_keeps_nothing_from_the_others(failing):
    """Each is told; then its exception is raised."""
    first, second = Told(failing), Told()
    with pytest.raises(ZeroDivisionError, match=failing), called(first, second) as callbacks:
        callbacks.begin()
    assert first.events == second.events == ["begin", "run begins", "end", "run ends"]


def test_only_those_that_were_told_the_beginning_are_told_the_end():
    """Where one raises at the beginning, it and those after it are not."""
    callbacks = Told(), Told("begin"), Told()
    with pytest.raises(ZeroDivisionError, match="begin"), called(*callbacks) as told:
        told.begin()
    assert [each.events for each in callbacks] == [["begin", "end"], ["begin"], []]


def test_what_ended_the_training_is_raised_before_what_a_callback_raises():
    """As a full disk, whose sentence says how to go on."""
    with pytest.raises(OSError, match="disk"):
        _train_on_a_full_disk(Told("end"))


def _train_on_a_full_disk(callback: Told) -> None:
    """Raise what a training raises where nothing can be written."""
    with called(callback) as callbacks:
        callbacks.begin()
        raise OSError("disk")


def test_the_end_is_told_after_a_failure(tmp_path, own_digits):
    """Also to the one that failed."""
    told, failing = Told(), Told("epoch")
    with pytest.raises(ZeroDivisionError, match="epoch"):
        mg.train(
            "smoke",
            callbacks=[told, failing],
            outputs=tmp_path,
            data=str(own_digits),
            epochs=1,
            **TINY,
        )
    assert told.events == failing.events == ["begin", "run begins", "epoch", "end", "run ends"]


def test_the_end_is_told_after_a_divergence(tmp_path, own_digits):
    """It is an end as any other."""
    told = Told()
    settings = {**TINY, **DIVERGING, "epochs": 3}
    run = mg.train("smoke", callbacks=[told], outputs=tmp_path, data=str(own_digits), **settings)
    assert run.status == "failed"
    assert told.events[-2:] == ["end", "run ends"]
