"""One training of a sweep, in a process of its own: `python -m mnist_gan.sweeps.child`.

It reads an `Order` from stdin, as one line of JSON, and prints the number of completed epochs after
each of its reports. When stdin ends, it saves and stops: so it stops, too, if its parent is killed.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from mnist_gan.config.schema import Config
from mnist_gan.data.sources import load_data
from mnist_gan.runs import RunFolder
from mnist_gan.session import start
from mnist_gan.session.ended import Ended
from mnist_gan.support.console import say
from mnist_gan.support.errors import UserError

if TYPE_CHECKING:
    from mnist_gan.training.trainer import Report

PATIENCE = 60  # seconds for which it waits for a trainer of the same run that was told to stop


class Order(BaseModel):
    """What to train."""

    sweep: Path  # the folder in which the run's folder is
    token: str  # of the sweep's record
    number: int
    config: Config
    sha256: str  # of the images
    tensorboard: bool = False  # whether the run is logged for TensorBoard

    @property
    def folder(self) -> str:
        """The name of the run's folder."""
        return f"{self.number:04d}-{self.config.name}"


def main() -> int:
    """Train or resume the run that stdin names; return the exit code of `mnist-gan train`."""
    order = Order.model_validate_json(sys.stdin.readline())
    threading.Thread(target=_stop_with_stdin, daemon=True).start()
    try:
        return _train(order).exit_code
    except UserError as error:
        say(str(error))
    except OSError as error:
        say(f"{error.filename or 'A file'}: {error.strerror or error}.")
    return 2


def _train(order: Order) -> Ended:
    """Train the run, or what is left of it."""
    config = order.config
    data = load_data(config.data.source, config.data.digits, config.data.holdout)
    if data.sha256 != order.sha256:
        raise UserError(
            f"The images here ({data.source}) are not those with which the sweep began."
        )
    callbacks: list[Any] = [_tell]
    if order.tensorboard:
        from mnist_gan.session.tensorboard import TensorBoard

        callbacks.append(TensorBoard())
    run = RunFolder(order.sweep / order.folder)
    if not (run.folder / "run.json").is_file():
        return start.train(
            config, order.sweep, number=order.number, quiet=True, callbacks=callbacks
        )
    deadline = time.monotonic() + PATIENCE
    while run.manifest().status == "running" and time.monotonic() < deadline:
        time.sleep(1)
    return start.resume(run, quiet=True, callbacks=callbacks)


def _tell(report: Report) -> None:
    """Print how many epochs are complete."""
    print(report.epoch if report.epoch_ended else max(0, report.epoch - 1), flush=True)


def _stop_with_stdin() -> None:
    """Once stdin ends, send this process the signal at which it saves and stops."""
    sys.stdin.read()
    signal.raise_signal(signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
