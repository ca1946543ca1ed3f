"""Trains on the workers of a Dask scheduler, on as many machines as it has."""

from __future__ import annotations

import json
import logging
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mnist_gan.support.console import say
from mnist_gan.support.errors import UserError
from mnist_gan.support.reading import read_bytes
from mnist_gan.support.runtime import cores, versions
from mnist_gan.sweeps.child import Order
from mnist_gan.sweeps.remote import names, on_worker
from mnist_gan.sweeps.transport import pack, unpack
from mnist_gan.sweeps.worker import LOOK, Outcome

CONNECT = 10  # seconds in which a scheduler answers
LARGEST = 1_000_000  # bytes of a scheduler file


class Cluster:
    """An engine that trains on the workers of a scheduler.

    Args:
        address: The scheduler's, as in tcp://HOST:8786; None where `file` is given.
        file: The file that the scheduler writes, on a disk that all machines share.
        backend: What the trainings run on.

    Raises:
        UserError: Where no scheduler answers, or its workers lack the package.
    """

    def __init__(self, address: str | None, file: str | None, backend: str) -> None:
        self._client = _client(address, file)
        self.name = str(self._client.scheduler.address)
        try:
            self.slots, self.threads = self._room()
            self._check_versions(backend)
        except BaseException:
            self._client.close()
            raise
        self._futures: dict[int, Any] = {}
        self._orders: dict[int, Order] = {}
        self._begun: set[int] = set()

    def submit(self, orders: Sequence[Order]) -> None:
        """Let trainings begin, in their order."""
        from distributed import Event, Queue

        if not orders:
            return
        queue, stop = names(orders[0].token)
        self._queue, self._stop = Queue(queue, self._client), Event(stop, self._client)
        self._stop.clear()  # a sweep that is resumed was stopped before
        self._orders = {order.number: order for order in orders}
        for priority, (number, order) in enumerate(self._orders.items()):
            self._futures[number] = self._client.submit(
                on_worker, order.model_dump_json(), pure=False, priority=-priority
            )

    def news(self) -> Iterator[tuple[int, int | Outcome]]:
        """Yield the numbers of trainings with their completed epochs, or with how they ended."""
        time.sleep(LOOK)
        if self._client.status != "running":
            yield from self._gone()
            return
        done = [number for number, future in self._futures.items() if future.done()]
        try:
            told = self._queue.get(batch=True)  # also what was told before those were done
        except (OSError, TimeoutError):
            return  # the scheduler is gone: next time its status says so
        for number, what, value in told:
            self._begun.add(number)
            if what == "epochs" and number in self._futures:
                yield number, value
            elif what == "files":
                unpack(value, self._folder(number))
            elif what == "wanted":
                self._send(number, value)
        for number in done:
            future = self._futures.pop(number)
            if future.status == "finished":
                yield number, Outcome(*future.result())
            elif future.status == "error":
                why = f"its workers ended while it trained ({type(future.exception()).__name__})"
                yield number, Outcome("failed", 0.0, "", why)

    @property
    def is_idle(self) -> bool:
        """Whether no training runs or waits."""
        return not self._futures

    def cancel(self) -> None:
        """Let no further training begin."""
        for number in [number for number in self._futures if number not in self._begun]:
            self._futures.pop(number).cancel()

    def stop(self) -> None:
        """Let trainings save and stop, and no further one begin."""
        if self._futures:
            self._stop.set()
        self.cancel()

    def close(self) -> None:
        """Stop what still runs, and leave the scheduler."""
        with suppress(OSError, TimeoutError):
            if self._client.status == "running":
                self.stop()
        self._client.close(timeout=CONNECT)

    def _gone(self) -> Iterator[tuple[int, Outcome]]:
        """Yield that the trainings that ran were stopped, since the scheduler is gone."""
        why = f"the scheduler {self.name} is gone"
        for number in self._futures:
            if number in self._begun:
                yield number, Outcome("interrupted", 0.0, "", why)
        self._futures.clear()

    def _send(self, number: int, reply: str) -> None:
        """Send the files of a run to a worker that does not see them."""
        from distributed import Queue

        folder = self._folder(number)
        packed = pack(folder) if (folder / "run.json").is_file() else b""
        Queue(reply, self._client).put(packed)

    def _folder(self, number: int) -> Path:
        """Return the run folder of a training."""
        order = self._orders[number]
        return order.sweep / order.folder

    def _room(self) -> tuple[int, int]:
        """Return how many trainings run at once, and threads for each, with no core too many."""
        from distributed.comm import get_address_host

        if not self._client.nthreads():
            say(f"waiting for workers of {self.name} ... (Ctrl-C stops)")
            self._client.wait_for_workers(1)
        slots = self._client.nthreads()
        hosts: dict[str, int] = {}
        for address, threads in slots.items():
            host = get_address_host(address)
            hosts[host] = hosts.get(host, 0) + threads
        found = self._ask(cores)
        shares = [found[each] // hosts[get_address_host(each)] for each in found]
        return sum(slots.values()), max(1, min(shares))

    def _check_versions(self, backend: str) -> None:
        """Refuse workers with another mnist-gan; say where their packages differ from ours."""
        own = versions(backend)
        for address, found in self._ask(versions, backend).items():
            if found["mnist-gan"] != own["mnist-gan"]:
                raise UserError(
                    f"The worker {address} has mnist-gan {found['mnist-gan']}, but this is "
                    f"{own['mnist-gan']}; install the same on both."
                )
            if found != own:
                other = ", ".join(f"{key} {found[key]}" for key in own if found[key] != own[key])
                say(f"The worker {address} has {other}, so its last bits may differ.")

    def _ask(self, function: Any, *arguments: Any) -> dict[str, Any]:
        """Return what a function of ours returns on each worker."""
        try:
            return dict(self._client.run(function, *arguments))
        except (ImportError, AttributeError) as error:
            raise UserError(
                f"The workers of {self.name} lack mnist-gan or its backend ({error}); install "
                "them there."
            ) from None


def _client(address: str | None, file: str | None) -> Any:
    """Return a client of the scheduler."""
    try:
        from distributed import Client
    except ImportError:
        raise UserError(
            "A scheduler needs Dask; install it with: pip install distributed."
        ) from None
    for logger in ("distributed", "distributed.client", "asyncio"):  # we say what happens
        logging.getLogger(logger).setLevel(logging.CRITICAL)
    try:
        _knock(address or str(json.loads(read_bytes(Path(file or ""), LARGEST))["address"]))
        return Client(address, scheduler_file=file, timeout=CONNECT, set_as_default=False)
    except (OSError, ValueError, KeyError, TypeError, TimeoutError, UserError) as error:
        raise UserError(
            f"No Dask scheduler answers at {address or file} ({str(error)[:100]}); start one with: "
            "dask scheduler."
        ) from None


def _knock(address: str) -> None:
    """Raise OSError at once where nothing listens at an address, for which Dask waits."""
    found = urlsplit(address if "://" in address else f"tcp://{address}")
    if found.scheme in {"tcp", "tls"}:
        socket.create_connection((found.hostname or "", found.port or 8786), CONNECT).close()
