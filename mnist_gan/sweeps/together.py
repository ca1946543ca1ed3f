"""Trains all seeds of a setting by one program on JAX, setting after setting."""

import platform
import time
from collections.abc import Sequence
from itertools import groupby

from mnist_gan.runs import RunFolder
from mnist_gan.support.errors import UserError
from mnist_gan.sweeps.child import Order
from mnist_gan.sweeps.local import Local
from mnist_gan.sweeps.plan import shared
from mnist_gan.sweeps.worker import Outcome, run_child


class Together(Local):
    """An engine that trains on this machine, all seeds of a setting at once.

    Runs that have begun are resumed alone: only equal numbers of steps go together.

    Args:
        threads: Threads of the backend.
        seeds: How many seeds there are.
    """

    def __init__(self, threads: int, seeds: int) -> None:
        super().__init__(1, threads)
        self.name = "this machine, all seeds of a setting together"
        self.slots = seeds

    def submit(self, orders: Sequence[Order]) -> None:
        """Let trainings begin, setting after setting."""
        begun = [order for order in orders if _has_begun(order)]
        new = sorted((order for order in orders if order not in begun), key=_setting)
        self._waiting.extend(list(group) for _, group in groupby(new, _setting))
        self._waiting.extend([order] for order in begun)

    def _train(self, orders: list[Order]) -> dict[int, Outcome]:
        """Train a group; those that are left when its process is killed, one after the other."""
        if len(orders) == 1:
            return super()._train(orders)
        began = time.monotonic()
        code, lines = run_child(orders, self._tell, self._stop.is_set)
        seconds = (time.monotonic() - began) / len(orders)
        found = {order.number: _outcome(order, code, seconds, lines) for order in orders}
        for order in orders:
            if code < 0 and found[order.number].status == "failed" and not self._stop.is_set():
                found |= super()._train([order])
        return found


def _setting(order: Order) -> str:
    """Return what seeds that are trained together have in common."""
    return shared(order.config)


def _has_begun(order: Order) -> bool:
    """Say whether a training has a run folder already."""
    return (order.sweep / order.folder / "run.json").is_file()


def _outcome(order: Order, code: int, seconds: float, lines: Sequence[str]) -> Outcome:
    """Return how one training of a group ended, as its run folder has it."""
    own = [line for line in lines if line.startswith(f"{order.number}: ")]
    why = own[-1].partition(": ")[2] if own else (lines[-1] if lines else f"exit code {code}")
    try:
        status = RunFolder(order.sweep / order.folder).manifest().status
    except UserError:
        status = "failed"
    if status in {"finished", "interrupted"} and not own and code >= 0:
        return Outcome(status, seconds, platform.node())
    return Outcome("finished" if status == "finished" else "failed", seconds, platform.node(), why)
