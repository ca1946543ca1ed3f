"""The contents of a run's files, checked when they are read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from mnist_gan.support.assets import MNIST

TRAIN = "train"  # the kind of run that has a generator and a page; others are experiments
Status = Literal["running", "finished", "interrupted", "failed"]
Row = dict[str, float]
Shares = Annotated[
    tuple[Annotated[float, Field(ge=0, le=1)], ...], Field(min_length=10, max_length=10)
]


class DataRecord(BaseModel):
    """Which images a run saw."""

    source: str
    count: int
    sha256: str
    shares: Shares | None = None  # of the digits 0 to 9, as judge "a" sees them

    @property
    def is_mnist(self) -> bool:
        """Whether they were MNIST's training images, all of them."""
        return self.sha256 == MNIST


class Manifest(BaseModel):
    """What `run.json` says of a run."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)

    kind: str
    status: Status
    command: list[str]
    seed: int
    threads: int
    versions: dict[str, str]
    data: DataRecord
    started: datetime
    finished: datetime | None = None
    epochs: int = 0  # done
    equilibrium: tuple[float, float, float] | None = None  # losses: see objectives.Equilibrium
    verdict: str | None = None  # the doctor's last


class Evaluation(BaseModel):
    """What `evaluation.json` says of a generator."""

    generator: str  # name of the file
    epoch: int | None  # None for a file that belongs to no run
    samples: int
    against: str  # which real digits
    values: dict[str, float]
    real: dict[str, float]  # the same of real digits
    places: dict[str, float]  # 0: like real ones; 1: like the tutorial's GAN after 100 epochs
    summary: str
    version: str
    made: datetime


class Cells(BaseModel):
    """What is known of the n digits of a grid, each list in their order."""

    model_config = ConfigDict(allow_inf_nan=False)

    scores: list[float]  # D's, from 0 (fake) to 1 (real)
    digits: list[int] | None = None  # as judge "a" sees them
    confidence: list[float] | None = None
    nearest: list[list[int]]  # (n, k) places among the training images
    distances: list[list[float]]  # (n, k) root mean squares over the pixels, in grey levels


@dataclass(frozen=True)
class Checkpoint:
    """All that a resumed training needs: arrays, the rows so far, seconds of the open epoch."""

    step: int
    state: Mapping[str, np.ndarray]
    history: list[Row]
    seconds: float


def best_row(rows: Sequence[Row]) -> Row | None:
    """Return the row of a history whose digits came nearest to real ones; None if none has any."""
    judged = (row for row in rows if row.keys() >= {"epoch", "frechet_distance"})
    return min(judged, key=lambda row: row["frechet_distance"], default=None)


def now() -> datetime:
    """Return the time as the manifest keeps it: UTC, whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)
