"""The contents of `sweep.json`: what a sweep trains, and how far each training is."""

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from mnist_gan.runs import Epochs, RunFolder, Seconds, Seed, Text, folder_name
from mnist_gan.support.errors import UserError
from mnist_gan.support.files import write_text
from mnist_gan.support.reading import reading

NAME = "sweep.json"
LARGEST = 20_000_000  # bytes; as many trainings as there can be take a quarter
MOST = 10_000  # trainings of one sweep
State = Literal["waiting", "running", "finished", "interrupted", "failed"]


class Training(BaseModel):
    """One training of a sweep, which is a run of its own in the sweep's folder."""

    model_config = ConfigDict(allow_inf_nan=False)

    number: int = Field(ge=1, le=MOST)
    name: str = Field(pattern="^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")
    seed: Seed
    settings: dict[Text, Any]  # those that differ between the trainings, by dotted names
    status: State = "waiting"
    epochs: Epochs = 0  # completed
    seconds: Seconds = 0.0  # for which it was trained, in all
    worker: Text = ""  # where it was trained last
    why: Text = ""  # why it failed

    @property
    def folder(self) -> str:
        """The name of its run folder."""
        return folder_name(self.number, self.name)


class SweepRecord(BaseModel):
    """A sweep."""

    token: Text  # by which a worker knows that it sees the same folder
    engine: Text = ""  # what trained it last
    trainings: list[Training] = Field(min_length=1, max_length=MOST)

    @model_validator(mode="after")
    def _check_numbers(self) -> Self:
        """Refuse two trainings of one number, which would share a folder."""
        if len({each.number for each in self.trainings}) < len(self.trainings):
            raise ValueError("two trainings have the same number")
        return self


def read_record(sweep: RunFolder) -> SweepRecord:
    """Return the record of a sweep.

    Raises:
        UserError: Where there is none, or it is damaged.
    """
    with reading(sweep.folder / NAME, "record of a sweep"):
        try:
            return SweepRecord.model_validate_json(sweep.read(NAME, LARGEST))
        except FileNotFoundError:
            raise UserError(
                f"{sweep.folder} is no sweep; mnist-gan runs lists what there is."
            ) from None


def write_record(sweep: RunFolder, record: SweepRecord) -> None:
    """Replace the record of a sweep."""
    write_text(sweep.folder / NAME, record.model_dump_json(indent=1) + "\n")
