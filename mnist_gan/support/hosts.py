"""One training on several machines: its processes find each other, and agree when to stop."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from typing import NamedTuple

import numpy as np

from mnist_gan.support.errors import UserError

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
