"""The contents of a run's files, checked when they are read."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from mnist_gan.config.schema import MOST_CLASSES
from mnist_gan.support.assets import MNIST
from mnist_gan.support.text import printable

TRAIN = "train"  # the kind of run that has a generator; others are sweeps and experiments
SWEEP = "sweep"  # the kind whose folder holds runs
Status = Literal["running", "finished", "interrupted", "failed"]
Row = dict[str, float]


def _as_utf8(text: object) -> object:
    """Return text with what UTF-8 lacks, as in odd file names, escaped; anything else as it is."""
    return text.encode("utf-8", "backslashreplace").decode() if isinstance(text, str) else text


# what is read is finite and in range, so that no sum, format or seed made of it fails
MOST_EPOCHS, MOST_SECONDS, LARGEST_VALUE = 1_000_000, 1e10, 1e39  # above any float32
LONGEST_ARGUMENT = 5000  # characters
Epochs = Annotated[int, Field(ge=0, le=MOST_EPOCHS)]
Seconds = Annotated[float, Field(ge=0, le=MOST_SECONDS)]
Seed = Annotated[int, Field(ge=0, le=2**63)]
Share = Annotated[float, Field(ge=0, le=1)]
Shares = Annotated[tuple[Share, ...], Field(min_length=10, max_length=10)]
Value = Annotated[float, Field(ge=-LARGEST_VALUE, le=LARGEST_VALUE)]
Label = Annotated[int, Field(ge=0, lt=MOST_CLASSES)]
Place = Annotated[int, Field(ge=0, le=10**9)]  # of a training image
Distance = Annotated[float, Field(ge=0, le=1e6)]
Text = Annotated[str, BeforeValidator(_as_utf8), Field(max_length=10_000)]


class DataRecord(BaseModel):
    """The images that a run was trained on."""

    source: Text
    count: int = Field(ge=0, le=10**9)
    sha256: Text
    shares: Shares | None = None  # of the digits 0 to 9, by classifier "a"
    classes: tuple[Text, ...] = ()  # that were trained on; none without labels, or in version 0.1
    are_digits: bool = True  # whether MNIST's classifiers can judge them

    @property
    def is_mnist(self) -> bool:
        """Whether they were all of MNIST's training images."""
        return self.sha256 == MNIST


class Manifest(BaseModel):
    """The contents of `run.json`."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)

    kind: Text
    status: Status
    command: list[str]
    seed: Seed
    threads: int = Field(ge=0, le=1024)
    device: Literal["cpu", "gpu"] | None = None  # None: an experiment, or a run of version 0.1
    versions: dict[Text, Text]
    data: DataRecord
    started: datetime
    finished: datetime | None = None
    epochs: Epochs = 0  # completed
    generator_epoch: Epochs | None = None  # that of the last generator; None: the last completed
    equilibrium: tuple[Value, Value, Value] | None = None  # losses: see objectives.Equilibrium
    verdict: Text | None = None  # the last diagnosis

    @property
    def identity(self) -> str:
        """What tells this run from every other, whatever its folder is called."""
        return f"{self.data.sha256} {self.seed} {self.started.isoformat()}"

    @property
    def kept_epoch(self) -> int:
        """The epoch of the last generator on the disk."""
        return self.epochs if self.generator_epoch is None else self.generator_epoch


class Evaluation(BaseModel):
    """The contents of `evaluation.json`."""

    model_config = ConfigDict(allow_inf_nan=False)

    generator: Text  # name of the file
    epoch: Epochs | None  # None for a file that belongs to no run
    samples: int = Field(ge=0, le=10**9)
    against: Text  # a description of the real digits
    values: dict[Text, Value]
    real: dict[Text, Value]  # the same metrics of real digits
    places: dict[Text, Value]  # normalised scores: 0 real digits, 1 the tutorial's GAN
    summary: Text
    version: Text
    made: datetime


class Cells(BaseModel):
    """Grid annotations: what is known of each of the n digits of a grid, in order."""

    model_config = ConfigDict(allow_inf_nan=False)

    scores: list[Share]  # D's, from 0 (fake) to 1 (real)
    digits: list[Label] | None = None  # by classifier "a"
    confidence: list[Share] | None = None
    nearest: list[list[Place]]  # (n, k) indices of training images
    distances: list[list[Distance]]  # (n, k) root mean square over pixels, in grey levels


@dataclass(frozen=True)
class Checkpoint:
    """Everything that resuming needs: arrays, history, seconds spent in the unfinished epoch."""

    step: int
    state: Mapping[str, np.ndarray]
    history: list[Row]
    seconds: float
    run: str | None = None  # the identity of its run, see `Manifest`; None in earlier versions


def command_line() -> list[str]:
    """Return the command of this process as the manifest has it, its arguments shortened."""
    return ["mnist-gan", *(printable(argument, LONGEST_ARGUMENT) for argument in sys.argv[1:])]


def best_row(rows: Sequence[Row]) -> Row | None:
    """Return the epoch with the smallest Fréchet distance; None if none was evaluated."""
    evaluated = (row for row in rows if row.keys() >= {"epoch", "frechet_distance"})
    return min(evaluated, key=lambda row: row["frechet_distance"], default=None)


def now() -> datetime:
    """Return the current time as in the manifest: UTC, in whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)
