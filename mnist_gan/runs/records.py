"""The contents of a run's files, checked when they are read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from mnist_gan.support.assets import MNIST

TRAIN = "train"  # the kind of run that has a generator; others are sweeps and experiments
SWEEP = "sweep"  # the kind whose folder holds runs
Status = Literal["running", "finished", "interrupted", "failed"]
Row = dict[str, float]
Shares = Annotated[
    tuple[Annotated[float, Field(ge=0, le=1)], ...], Field(min_length=10, max_length=10)
]


class DataRecord(BaseModel):
    """The images that a run was trained on."""

    source: str
    count: int
    sha256: str
    shares: Shares | None = None  # of the digits 0 to 9, by classifier "a"
    classes: tuple[str, ...] = ()  # that were trained on; none without labels, or in version 0.1
    are_digits: bool = True  # whether MNIST's classifiers can judge them

    @property
    def is_mnist(self) -> bool:
        """Whether they were all of MNIST's training images."""
        return self.sha256 == MNIST


class Manifest(BaseModel):
    """The contents of `run.json`."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)

    kind: str
    status: Status
    command: list[str]
    seed: int
    threads: int
    device: Literal["cpu", "gpu"] | None = None  # None: an experiment, or a run of version 0.1
    versions: dict[str, str]
    data: DataRecord
    started: datetime
    finished: datetime | None = None
    epochs: int = 0  # completed
    generator_epoch: int | None = None  # that of the last generator; None: the last completed
    equilibrium: tuple[float, float, float] | None = None  # losses: see objectives.Equilibrium
    verdict: str | None = None  # the last diagnosis

    @property
    def kept_epoch(self) -> int:
        """The epoch of the last generator on the disk."""
        return self.epochs if self.generator_epoch is None else self.generator_epoch


class Evaluation(BaseModel):
    """The contents of `evaluation.json`."""

    generator: str  # name of the file
    epoch: int | None  # None for a file that belongs to no run
    samples: int
    against: str  # a description of the real digits
    values: dict[str, float]
    real: dict[str, float]  # the same metrics of real digits
    places: dict[str, float]  # normalised scores: 0 real digits, 1 the tutorial's GAN
    summary: str
    version: str
    made: datetime


class Cells(BaseModel):
    """Grid annotations: what is known of each of the n digits of a grid, in order."""

    model_config = ConfigDict(allow_inf_nan=False)

    scores: list[float]  # D's, from 0 (fake) to 1 (real)
    digits: list[int] | None = None  # by classifier "a"
    confidence: list[float] | None = None
    nearest: list[list[int]]  # (n, k) indices of training images
    distances: list[list[float]]  # (n, k) root mean square over pixels, in grey levels


@dataclass(frozen=True)
class Checkpoint:
    """Everything that resuming needs: arrays, history, seconds spent in the unfinished epoch."""

    step: int
    state: Mapping[str, np.ndarray]
    history: list[Row]
    seconds: float


def best_row(rows: Sequence[Row]) -> Row | None:
    """Return the epoch with the smallest Fréchet distance; None if none was evaluated."""
    evaluated = (row for row in rows if row.keys() >= {"epoch", "frechet_distance"})
    return min(evaluated, key=lambda row: row["frechet_distance"], default=None)


def now() -> datetime:
    """Return the current time as in the manifest: UTC, in whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)
