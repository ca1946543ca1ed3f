"""How long a training will take, before its first step and while it goes on."""

import time
from dataclasses import replace

import numpy as np
import pytest

from mnist_gan.config.schema import Training
from mnist_gan.evaluation.online import Census
from mnist_gan.session import forecast as module
from mnist_gan.session.forecast import Clock, Pace, forecast, measured_pace
from mnist_gan.training.build import build_trainer
from mnist_gan.training.trainer import Report

PACE = Pace(step=0.1, epoch=1.0, grid=5.0)
TRAINING = Training(epochs=10, image_every=5)  # grids after epochs 1, 5 and 10


@pytest.fixture
def now(monkeypatch):
    """Return the time that the clock reads, as a list of one number to change."""
    seconds = [0.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: seconds[0])
    return seconds


def report(step: int, steps: int, per_epoch: int = 100) -> Report:
    """Return where a training of so many steps an epoch stands."""
    epoch, rest = divmod(step, per_epoch)
    return Report(epoch + (rest > 0), step, steps, rest == 0, {})


@pytest.mark.parametrize(
    ("steps", "expected"), [(0, 100 + 10 + 15), (100, 90 + 9 + 10), (950, 5 + 1 + 5)]
)
def test_the_time_left_is_that_of_steps_files_and_grids(steps, expected):
    """Ten epochs of a hundred steps, three grids, each at its pace; then a little for the end."""
    left = PACE.left(TRAINING, 100, steps)
    assert left == pytest.approx(expected * (1 + module.PAGES) + module.END)


def test_nothing_is_left_in_the_end():
    """After the last step the time left is none."""
    assert PACE.left(TRAINING, 100, 1000) == 0


def test_updates_of_the_discriminator_alone_are_counted_until_the_first_step():
    """What the discriminator trains beforehand is left at the start, and done afterwards."""
    pace = replace(PACE, alone=30.0)
    more = [pace.left(TRAINING, 100, steps) - PACE.left(TRAINING, 100, steps) for steps in (0, 1)]
    assert more == pytest.approx([30 * (1 + module.PAGES), 0])


def test_what_has_passed_is_certain():
    """The range is that of what is still to come, beginning with the time that has passed."""
    low, high = forecast(PACE, TRAINING, 100, 0, passed=50.0)
    left = PACE.left(TRAINING, 100, 0)
    assert 50 < low < 50 + left < high < 50 + 1.5 * left


def test_a_slow_moment_hardly_moves_the_time_left(now):
    """One call at ten times the pace is smoothed; a pace that stays is believed in the end."""
    clock = Clock(PACE, TRAINING, 100)
    expected = PACE.left(TRAINING, 100, 1)
    now[0] += 1.0  # one step
    clock.steps_made(report(1, 1))
    assert expected < clock.left() < 1.5 * expected
    for step in range(2, 100):
        now[0] += 1.0
        clock.steps_made(report(step, 1))
    assert clock.pace.step == pytest.approx(1.0, rel=0.1)


def test_a_resumed_training_does_not_begin_with_days(now):
    """The first call after a resume is as smoothed as any other."""
    clock = Clock(PACE, TRAINING, 100)
    now[0] += 3.0  # a first call that compiles something
    clock.steps_made(report(926, 26))
    assert clock.left() < 2 * PACE.left(TRAINING, 100, 926)


def test_grids_and_files_are_followed(now):
    """The last grid tells what the next will take, but not the first, which imports much."""
    clock = Clock(PACE, TRAINING, 100)
    now[0] += 9.0
    clock.kept(report(100, 100), has_grid=True)
    assert clock.pace.grid == PACE.grid
    now[0] += 9.0
    clock.kept(report(500, 100), has_grid=True)
    assert clock.pace.grid == pytest.approx(9.0 - clock.pace.epoch)
    now[0] += 2.0
    clock.kept(report(600, 100), has_grid=False)
    assert 1.0 < clock.pace.epoch < 2.0


def test_measuring_leaves_training_as_it_was(tiny, images):
    """Measuring real steps, and updates of D before them, changes no bit of what is trained."""
    before = tiny.discriminator.model_copy(update={"warmup_steps": 3})
    tiny = tiny.model_copy(update={"discriminator": before})
    measured, other = build_trainer(tiny, images), build_trainer(tiny, images)
    began = time.perf_counter()
    pace = measured_pace(measured, Census(images), tiny.training)
    passed = time.perf_counter() - began
    assert 0 < pace.step < passed
    assert 0 < pace.epoch < pace.grid
    assert 0 < pace.alone < 3 * pace.step * 2
    for trainer in (measured, other):
        list(trainer.run(epochs=1))
    states = measured.state(), other.state()
    assert all(np.array_equal(states[0][name], states[1][name]) for name in states[0])
