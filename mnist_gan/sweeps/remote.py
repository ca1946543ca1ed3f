"""What a Dask worker does: it trains one run of a sweep, and reports how far it is."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from mnist_gan.runs import RunFolder
from mnist_gan.support.errors import UserError
from mnist_gan.sweeps.child import Order
from mnist_gan.sweeps.record import read_record
from mnist_gan.sweeps.transport import pack, unpack
from mnist_gan.sweeps.worker import Outcome, train

TELL = 1.0  # seconds between two messages
SEND = 60.0  # seconds between two sendings of files, where the disk is not shared
PATIENCE = 60  # seconds after which whoever should listen is gone
WAITING = 1000  # messages that may wait


def names(token: str) -> tuple[str, str]:
    """Return the names of a sweep's queue of messages, and of the event that stops it."""
    return f"mnist-gan-{token}", f"mnist-gan-{token}-stop"


def on_worker(order: str) -> Outcome:
    """Train on this worker: in the sweep's folder where it is seen here, else send the files."""
    asked = Order.model_validate_json(order)
    line = Line(asked)
    if line.is_stopped():
        return Outcome("interrupted", 0.0, line.worker)
    if _is_shared(asked):
        return train(asked, line.worker, line.tell, line.is_stopped)
    with tempfile.TemporaryDirectory(prefix="mnist-gan-") as home:
        line.files = Path(home) / asked.folder
        line.fetch()
        here = asked.model_copy(update={"sweep": Path(home)})
        outcome = train(here, line.worker, line.tell, line.is_stopped)
        line.send()
        return outcome


class Line:
    """The way from a worker to whoever follows the sweep.

    If nobody listens any more, the training is to be stopped.

    Args:
        order: What is trained.
    """

    def __init__(self, order: Order) -> None:
        from distributed import Event, Queue, get_worker

        queue, stop = names(order.token)
        self.worker = str(get_worker().address)
        self.files: Path | None = None  # the run folder, where it has to be sent
        self._number, self._epochs = order.number, 0
        self._queue, self._stop = Queue(queue, maxsize=WAITING), Event(stop)
        self._reply = f"{queue}-{order.number}"
        self._next, self._next_files, self._sent = 0.0, time.monotonic() + SEND, 0.0
        self._is_stopped = False

    def tell(self, epochs: int) -> None:
        """Remember how many epochs are complete."""
        self._epochs = epochs

    def is_stopped(self) -> bool:
        """Say whether to stop; from time to time, tell how far the training is."""
        now = time.monotonic()
        if self._is_stopped or now < self._next:
            return self._is_stopped
        self._next = now + TELL
        try:
            self._queue.put((self._number, "epochs", self._epochs), timeout=PATIENCE)
            if self.files and now >= self._next_files:
                self._next_files = now + SEND
                self.send()
            self._is_stopped = self._stop.is_set()
        except (OSError, TimeoutError):
            self._is_stopped = True
        return self._is_stopped

    def send(self) -> None:
        """Send the files that have changed."""
        assert self.files
        since, self._sent = self._sent, time.time()
        if (self.files / "run.json").is_file():
            packed = pack(self.files, since)
            self._queue.put((self._number, "files", packed), timeout=PATIENCE)

    def fetch(self) -> None:
        """Get the files that the run has already."""
        from distributed import Queue

        assert self.files
        self._queue.put((self._number, "wanted", self._reply), timeout=PATIENCE)
        packed = Queue(self._reply).get(timeout=PATIENCE)
        if packed:
            unpack(packed, self.files)


def _is_shared(order: Order) -> bool:
    """Say whether this worker sees the folder of the sweep."""
    try:
        return read_record(RunFolder(order.sweep)).token == order.token
    except UserError:
        return False
