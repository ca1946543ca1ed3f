"""The contents of `sweep.json`: what a sweep trains, and how far each training is."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mnist_gan.runs import RunFolder, folder_name
from mnist_gan.support.errors import UserError
from mnist_gan.support.files import write_text

NAME = "sweep.json"
LARGEST = 20_000_000  # bytes; 10,000 trainings take a quarter
State = Literal["waiting", "running", "finished", "interrupted", "failed"]


class Training(BaseModel):
    """One training of a sweep, which is a run of its own in the sweep's folder."""

    model_config = ConfigDict(allow_inf_nan=False)

    number: int = Field(ge=1)
    name: str = Field(pattern="^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")
    seed: int
    settings: dict[str, Any]  # those that differ between the trainings, by dotted names
    status: State = "waiting"
    epochs: int = 0  # completed
    seconds: float = 0.0  # for which it was trained, in all
    worker: str = ""  # where it was trained last
    why: str = ""  # why it failed

    @property
    def folder(self) -> str:
        """The name of its run folder."""
        return folder_name(self.number, self.name)


class SweepRecord(BaseModel):
    """A sweep."""

    token: str  # by which a worker knows that it sees the same folder
    engine: str = ""  # what trained it last
    trainings: list[Training]


def read_record(sweep: RunFolder) -> SweepRecord:
    """Return the record of a sweep.

    Raises:
        UserError: Where there is none, or it is damaged.
    """
    try:
        return SweepRecord.model_validate_json(sweep.read(NAME, LARGEST))
    except FileNotFoundError:
        raise UserError(
            f"{sweep.folder} is no sweep; mnist-gan runs lists what there is."
        ) from None
    except (OSError, ValueError) as error:
        reason = "is damaged" if isinstance(error, ValidationError) else f"cannot be read ({error})"
        raise UserError(f"{sweep.folder / NAME} {reason}.") from None


def write_record(sweep: RunFolder, record: SweepRecord) -> None:
    """Replace the record of a sweep."""
    write_text(sweep.folder / NAME, record.model_dump_json(indent=1) + "\n")
