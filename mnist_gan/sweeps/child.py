"""Trainings of a sweep in a process of their own: `python -m mnist_gan.sweeps.child`.

It reads orders from stdin, as one line of JSON: one training, or several that one program trains
together. It prints a number and its completed epochs after each report. When stdin ends, it saves
and stops: so it stops, too, if its parent is killed.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote_from_bytes, unquote_to_bytes

from pydantic import BaseModel, PlainSerializer, PlainValidator, TypeAdapter

from mnist_gan.config.schema import Config
from mnist_gan.data.sources import Dataset, load_data_of
from mnist_gan.runs import RunFolder, folder_name
from mnist_gan.session import start
from mnist_gan.session.callbacks import Callback
from mnist_gan.session.ended import Ended
from mnist_gan.session.signals import ended_in_order
from mnist_gan.support.console import say
from mnist_gan.support.errors import UserError, refusal_of

if TYPE_CHECKING:
    from mnist_gan.training.trainer import Report

PATIENCE = 60  # seconds for which it waits for a trainer of the same run that was told to stop


def _quoted(path: Path) -> str:
    """Return a path for JSON, which is UTF-8, as names of files need not be."""
    return quote_from_bytes(os.fsencode(path))


def _unquoted(path: object) -> object:
    """Return the path that JSON quotes; a path itself as it is."""
    return Path(os.fsdecode(unquote_to_bytes(path))) if isinstance(path, str) else path


QuotedPath = Annotated[Path, PlainValidator(_unquoted), PlainSerializer(_quoted, when_used="json")]


class Order(BaseModel):
    """What to train."""

    sweep: QuotedPath  # the folder in which the run's folder is
    token: str  # of the sweep's record
    number: int
    config: Config
    sha256: str  # of the images
    tensorboard: bool = False  # whether the run is logged for TensorBoard

    @property
    def folder(self) -> str:
        """The name of the run's folder."""
        return folder_name(self.number, self.config.name)


ORDERS: TypeAdapter[list[Order]] = TypeAdapter(list[Order])


def main() -> int:
    """Train or resume what stdin says; return the exit code of `mnist-gan train`."""
    with ended_in_order():
        orders = ORDERS.validate_json(sys.stdin.readline())
        threading.Thread(target=_stop_with_stdin, daemon=True).start()
        try:
            return _train(orders[0]).exit_code if len(orders) == 1 else _train_together(orders)
        except UserError as error:
            say(str(error))
        except (OSError, MemoryError) as error:
            say(refusal_of(error))
        return 2


def _train(order: Order) -> Ended:
    """Train the run, or what is left of it."""
    run = RunFolder(order.sweep / order.folder)
    if not (run.folder / "run.json").is_file():
        return start.train(
            order.config,
            order.sweep,
            number=order.number,
            dataset=_dataset(order),
            quiet=True,
            callbacks=_callbacks(order),
        )
    deadline = time.monotonic() + PATIENCE
    while run.manifest().status == "running" and time.monotonic() < deadline:
        time.sleep(1)
    return start.resume(run, quiet=True, callbacks=_callbacks(order))


def _train_together(orders: list[Order]) -> int:
    """Train new runs by one program; say what went wrong in which, and return 1 if anything did."""
    from mnist_gan.session.together import Member, train_together

    members = [Member(order.number, order.config, _callbacks(order)) for order in orders]
    train_together(members, orders[0].sweep, _dataset(orders[0]))
    failed = [member for member in members if member.failure]
    for member in failed:
        say(f"{member.number}: {member.failure}")
    return int(bool(failed))


def _dataset(order: Order) -> Dataset:
    """Return the images of a new run, which must be those of the sweep; a resume checks itself."""
    dataset = load_data_of(order.config.data)
    if dataset.sha256 != order.sha256:
        raise UserError(
            f"The images here ({dataset.source}) are not those with which the sweep began."
        )
    return dataset


def _callbacks(order: Order) -> list[Callback]:
    """Return what is told of a training."""
    from mnist_gan.session.tensorboard import TensorBoard

    return [partial(_tell, order.number), *([TensorBoard()] if order.tensorboard else [])]


def _tell(number: int, report: Report) -> None:
    """Print how many epochs of a training are complete."""
    epochs = report.epoch if report.epoch_ended else max(0, report.epoch - 1)
    sys.stdout.write(f"{number} {epochs}\n")  # whole, as threads of other trainings write, too
    sys.stdout.flush()


def _stop_with_stdin() -> None:
    """Once stdin ends, send this process the signal at which it saves and stops."""
    sys.stdin.read()
    signal.raise_signal(signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
