"""Work that is left out where it would cost too much."""

from mnist_gan.session import rationed
from mnist_gan.session.rationed import Rationed


def test_work_stays_below_its_share_of_the_time(monkeypatch):
    """Two seconds of work at 5 percent: at once, then after 80 seconds, 120 and so on."""
    now, done = [0.0], []
    monkeypatch.setattr(rationed.time, "monotonic", lambda: now[0])
    work = Rationed(0.05)

    def take() -> None:
        now[0] += 2
        done.append(trained)

    for trained in range(0, 200, 10):
        work.do(trained, take)
    assert done == [0, 80, 120, 160]


def test_work_of_known_length_waits_from_the_start(monkeypatch):
    """A page that takes a second is not written before a hundred have passed."""
    done = []
    work = Rationed(0.01, seconds=1.0)
    for trained in (0, 99, 100):
        work.do(trained, lambda now=trained: done.append(now))
    assert done == [100]
