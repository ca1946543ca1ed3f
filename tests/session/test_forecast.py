"""How long a training will take, once its pace is known and while it runs."""

from types import SimpleNamespace

import numpy as np
import pytest

from mnist_gan.config.schema import Training
from mnist_gan.evaluation.online import OnlineEvaluation
from mnist_gan.session import forecast as module
from mnist_gan.session.forecast import Clock, Costs, measured_costs
from mnist_gan.training.build import build_trainer
from mnist_gan.training.trainer import Report

PER_EPOCH = 100  # steps
COSTS = Costs(epoch=1.0, grid=5.0)
TRAINING = Training(epochs=10, image_every=5)  # grids after epochs 1, 5 and 10


@pytest.fixture
def now(monkeypatch):
    """Return the time that the clock reads, as a list of one number to change."""
    seconds = [0.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: seconds[0])
    return seconds


class Training100:
    """A fake training of a hundred steps an epoch, which a test moves forward."""

    def __init__(self, now, alone=0, *, overlaps=False):
        self.step = SimpleNamespace(count=0)
        self.steps_per_epoch, self.updates_alone = PER_EPOCH, alone
        self.clock = Clock(self, TRAINING, COSTS, overlaps=overlaps)
        self._now = now

    def make(self, steps, seconds):
        """Make `steps` steps in `seconds` seconds."""
        self._now[0] += seconds
        self.step.count += steps
        self.updates_alone = 0
        epoch, rest = divmod(self.step.count, PER_EPOCH)
        report = Report(epoch + (rest > 0), self.step.count, steps, rest == 0, {})
        self.clock.steps_made(report)
        return report

    def keep(self, steps, seconds, has_grid):
        """Make `steps` steps in no time, and write the files in `seconds` seconds."""
        report = self.make(steps, 0.0)
        self._now[0] += seconds
        self.clock.kept(report, has_grid)


@pytest.fixture
def training(now):
    """Return a training whose pace is known: 0.1 s a step."""
    training = Training100(now)
    training.make(20, 9.0)  # compiles
    for _ in range(2):
        training.make(20, 20 * 0.1 / module.USUAL)
    return training


def left(steps, epochs, grids, pace=0.1):
    """Return the seconds that steps, epochs and grids take."""
    return (steps * pace + epochs * 1.0 + grids * 5.0) * (1 + module.PAGES) + module.END


def test_the_pace_is_that_of_the_fastest_call_after_the_first(now):
    """The call that compiles does not count; before two more there is no forecast."""
    training = Training100(now)
    training.make(20, 60.0)
    training.make(20, 50.0)
    assert training.clock.left() is training.clock.forecast(0.0) is None
    training.make(20, 2.0)
    assert training.clock.step == pytest.approx(module.USUAL * 0.1)


def test_the_time_left_is_that_of_steps_files_and_grids(training):
    """Ten epochs of a hundred steps, three grids, each at its pace; then a little for the end."""
    assert training.clock.left() == pytest.approx(left(940, 10, 3))
    training.step.count = 950
    assert training.clock.left() == pytest.approx(left(50, 1, 1))


def test_nothing_is_left_in_the_end(training):
    """After the last step the time left is none."""
    training.step.count = 1000
    assert training.clock.left() == 0


def test_updates_of_the_discriminator_alone_are_counted(training):
    """An update of pretraining takes half the time of a step."""
    before = training.clock.left()
    training.updates_alone = 200
    assert training.clock.left() - before == pytest.approx(200 * 0.05 * (1 + module.PAGES))


def test_the_time_that_has_passed_is_certain(training):
    """Only the remaining time has a range, which is added to the time that has passed."""
    low, high = training.clock.forecast(passed=50.0)
    still = training.clock.left()
    assert 50 < low < 50 + still < high < 50 + 1.5 * still
    closer, nearer = training.clock.total(passed=50.0)
    assert low < closer < 50 + still < nearer < high


def test_a_slow_moment_hardly_moves_the_time_left(training):
    """One slow call is smoothed; a pace that stays is followed in the end."""
    expected = training.clock.left()
    training.make(1, 1.0)
    assert expected < training.clock.left() < 1.5 * expected
    for _ in range(99):
        training.make(1, 1.0)
    assert training.clock.step == pytest.approx(1.0, rel=0.1)


def test_grids_and_files_are_followed(training):
    """The last grid predicts the next, except the first, which includes imports."""
    training.keep(40, 9.0, has_grid=True)
    assert training.clock.left() == pytest.approx(left(900, 9, 2, training.clock.step))
    training.keep(400, 9.0, has_grid=True)
    assert training.clock.left() == pytest.approx(
        (500 * training.clock.step + 5 + 8.0) * (1 + module.PAGES) + module.END
    )


def test_where_files_overlap_with_steps_reports_give_the_pace(now):
    """From one report to the next, grids aside; an epoch then costs nothing beside its steps."""
    training = Training100(now, overlaps=True)
    training.make(100, 20.0)
    now[0] += 3.0
    training.clock.kept(Report(1, 100, 100, True, {}), has_grid=True)
    for waited, kept in ((0.0, 1.5), (0.5, 1.8), (0.2, 1.6), (0.4, 1.6)):  # 2 s apart
        report = training.make(100, waited)
        now[0] += kept
        training.clock.kept(report, has_grid=False)
    assert training.clock.step == pytest.approx(module.USUAL * 2.0 / 100, rel=0.05)
    pace = training.clock.step
    assert training.clock.left() == pytest.approx(
        (500 * pace + 5.0) * (1 + module.PAGES) + module.END
    )


def test_measuring_costs_changes_nothing(tiny, images):
    """Measuring does not change a bit of what is trained afterwards."""
    measured, other = build_trainer(tiny, images), build_trainer(tiny, images)
    costs = measured_costs(measured, OnlineEvaluation(images), tiny.training)
    assert 0 < costs.epoch < costs.grid
    for trainer in (measured, other):
        list(trainer.run(epochs=1))
    states = measured.state(), other.state()
    assert all(np.array_equal(states[0][name], states[1][name]) for name in states[0])
