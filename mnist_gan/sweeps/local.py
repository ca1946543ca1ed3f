"""Trains on the cores of this machine: so many trainings at once, each in a process of its own."""

import platform
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import partial

from mnist_gan.sweeps.child import Order
from mnist_gan.sweeps.worker import Outcome, train

LOOK = 0.3  # seconds, at most, between two pieces of news


class Local:
    """An engine that trains on this machine.

    Args:
        jobs: Trainings at once. A thread follows each: the work is done by processes.
        threads: Threads of each training.
    """

    name = "this machine"

    def __init__(self, jobs: int, threads: int) -> None:
        self.jobs = self.slots = jobs
        self.threads = threads
        self._pool = ThreadPoolExecutor(jobs)
        self._waiting: deque[list[Order]] = deque()  # those that are trained together
        self._stop = threading.Event()
        self._epochs: dict[int, int] = {}
        self._running: set[Future[dict[int, Outcome]]] = set()

    def submit(self, orders: Sequence[Order]) -> None:
        """Let trainings begin, as many at once as there are jobs, in their order."""
        self._waiting.extend([order] for order in orders)

    def news(self) -> Iterator[tuple[int, int | Outcome]]:
        """Yield the numbers of trainings with their completed epochs, or with how they ended."""
        while self._waiting and len(self._running) < self.jobs:  # earlier news is dealt with
            self._running.add(self._pool.submit(self._train, self._waiting.popleft()))
        done, _ = wait(self._running, LOOK, FIRST_COMPLETED)
        for number in list(self._epochs):
            yield number, self._epochs.pop(number)
        for future in done:
            self._running.remove(future)
            yield from future.result().items()

    @property
    def is_idle(self) -> bool:
        """Whether no training runs or waits."""
        return not self._running and not self._waiting

    def cancel(self) -> None:
        """Let no further training begin."""
        self._waiting.clear()

    def stop(self) -> None:
        """Let trainings save and stop, and no further one begin."""
        self.cancel()
        self._stop.set()

    def close(self) -> None:
        """Stop, and wait until everything is saved."""
        self.stop()
        self._pool.shutdown()

    def _train(self, orders: list[Order]) -> dict[int, Outcome]:
        """Train, and tell how far it is; return how each training ended."""
        (order,) = orders
        tell = partial(self._tell, order.number)
        return {order.number: train(order, platform.node(), tell, self._stop.is_set)}

    def _tell(self, number: int, epochs: int) -> None:
        """Take note of how far a training is."""
        self._epochs[number] = epochs
