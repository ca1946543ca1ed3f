"""The time left of a sweep, from trainings whose pace is made up."""

import pytest

from mnist_gan.sweeps import pace
from mnist_gan.sweeps.pace import Pace


@pytest.fixture
def clock(monkeypatch):
    """Return a list whose last number is the time."""
    times = [100.0]
    monkeypatch.setattr(pace.time, "monotonic", lambda: times[-1])
    return times


def test_it_is_unknown_until_an_epoch_is_made(clock):
    """The first message says when steps began, the next how long an epoch takes."""
    found = Pace({1: 10, 2: 10}, slots=2)
    assert found.seconds() is None
    clock.append(108.0)
    found.told(1, 10)
    assert found.seconds() is None


def test_what_runs_and_what_waits_is_shared_by_the_slots(clock):
    """Four trainings of ten epochs of two seconds, of which two run, eight seconds of start-up."""
    found = Pace(dict.fromkeys(range(1, 5), 10), slots=2)
    clock.append(108.0)
    found.told(1, 10)
    found.told(2, 10)
    clock.append(112.0)
    found.told(1, 8)
    found.told(2, 8)
    assert found.seconds() == pytest.approx((2 * 8 * 2 + 2 * 10 * 2 + 2 * 8) / 2)
    found.ended(1)
    found.ended(2)
    assert found.seconds() == pytest.approx((2 * 10 * 2 + 2 * 8) / 2)


def test_one_long_training_is_not_shared(clock):
    """The last training takes what it takes, however many slots are free."""
    found = Pace({1: 10}, slots=8)
    clock.append(108.0)
    found.told(1, 10)
    clock.append(111.0)
    found.told(1, 9)
    assert found.seconds() == pytest.approx(27)
