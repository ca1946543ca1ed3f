"""One training on several devices and machines: how many there are, and what they agree on."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from typing import NamedTuple

import numpy as np

from mnist_gan.support.errors import UserError
from mnist_gan.support.units import counted

VARIABLE = "MNIST_GAN_HOSTS"  # of the environment, read where the backend is started
DIGEST = 4  # numbers by which processes compare what they train


class Hosts(NamedTuple):
    """How processes find each other; all None: as SLURM, Open MPI or Kubernetes say."""

    coordinator_address: str | None = None  # HOST:PORT of process 0
    num_processes: int | None = None
    process_id: int | None = None  # of this one, from 0


def announce(hosts: Hosts) -> None:
    """Let the backend, once it starts, join the processes of a training.

    Raises:
        UserError: Where only some of what is needed is said.
    """
    said = [value is not None for value in hosts]
    if any(said) and not all(said):
        raise UserError(
            "--coordinator, --processes and --process go together; leave out all three where "
            "SLURM, Open MPI or Kubernetes starts the processes."
        )
    os.environ[VARIABLE] = json.dumps(hosts._asdict())


def is_announced() -> bool:
    """Return whether this process is one of several."""
    return VARIABLE in os.environ


def join() -> None:
    """Wait for the other processes, if there are some; JAX must not have a device yet.

    Raises:
        UserError: Where they are not found.
    """
    if not is_announced():
        return
    import jax

    if jax.distributed.is_initialized():
        return
    try:
        jax.distributed.initialize(**json.loads(os.environ[VARIABLE]))
    except (RuntimeError, ValueError) as error:
        raise UserError(
            f"The processes of --multi-host did not find each other ({str(error)[:120]}); start "
            "all of them, and name --coordinator HOST:PORT --processes N --process K."
        ) from None


def is_follower() -> bool:
    """Return whether another process records the training of which this is a part."""
    return is_announced() and sys.modules["jax"].process_index() != 0


def agreed(wish: bool) -> bool:
    """Return whether any process wishes something; all must ask at the same report."""
    if not is_announced():
        return wish
    from jax.experimental.multihost_utils import process_allgather

    return bool(np.any(process_allgather(np.array(wish))))


def refuse_unlike(what: str) -> None:
    """Raise UserError unless all processes have the same text of what they train."""
    if not is_announced():
        return
    from jax.experimental.multihost_utils import process_allgather

    digest = np.frombuffer(hashlib.sha256(what.encode()).digest(), np.int32)[:DIGEST]
    if np.ptp(process_allgather(digest), axis=0).any():
        raise UserError(
            "The processes of --multi-host have different settings or images; start all of them "
            "with the same options and the same data."
        )


def device_count(wished: int | str, batch_size: int) -> int:
    """Return how many devices of the started backend share each batch.

    Args:
        wished: How many, or "all".
        batch_size: Of the batches, which devices share evenly.

    Raises:
        UserError: Where there are fewer, or they cannot share evenly.
    """
    if wished == 1 and not is_announced():
        return 1
    found = int(sys.modules["jax"].device_count())
    count = found if wished == "all" or is_announced() else int(wished)
    if count > found:
        raise UserError(
            f"training.devices is {count}, but JAX has {counted(found, 'device')} here; name "
            "fewer, or all."
        )
    if batch_size % count:
        raise UserError(
            f"{count} devices cannot share batches of {batch_size} evenly; choose a "
            f"training.batch_size that {count} divides, or another number of training.devices."
        )
    return count
