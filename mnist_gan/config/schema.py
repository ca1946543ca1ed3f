"""Every setting once: name, type, range, default, meaning."""

import os
import re
import reprlib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

FEWEST_JUDGED = 100  # digits in a census: more than a judge has features


FEWEST_HELD = 1000  # images held out: below it most metrics mean nothing


FEWEST_MIXED = 10  # numbers in a mixed latent: room for two kinds


MOST_CHANNELS = 256  # of a picture within a network: more would take a processor weeks


SOURCES = ("auto", "mnist", "digits")  # data that is no path


Width = Annotated[int, Field(ge=1, le=8192)]


Widths = Annotated[tuple[Width, ...], Field(min_length=1, max_length=10)]


Rate = Annotated[float, Field(gt=0, le=1)]


Share = Annotated[float, Field(ge=0, lt=1)]


Weight = Annotated[float, Field(ge=0, le=1e6)]


Start = Annotated[float, Field(gt=0, le=10)] | None


START = "weights begin uniform within this of 0; null: as the tutorial's"


Digit = Annotated[int, Field(ge=0, le=9)]


Architecture = Literal["dense", "convolutional"]


def _check_channels(widths: tuple[int, ...], meaning: str) -> None:
    """Refuse what two convolutions cannot have, or not in any time worth waiting for."""
    if len(widths) < 2 or max(widths) > MOST_CHANNELS:
        raise ValueError(
            f"a convolutional one takes two or more, of which {meaning}, at most "
            f"{MOST_CHANNELS} each"
        )


def _digits_of(text: str) -> tuple[int, ...]:
    """Return the digits that text such as 0-4,7 names, in its order."""
    allowed = "digits from 0 to 9 and ranges of them are allowed, as in 0-4,7"
    if not text.strip():
        raise ValueError(f"it names no digit; {allowed}")
    digits: list[int] = []
    for part in (part.strip() for part in text.split(",")):
        found = re.fullmatch(r"([0-9])(?:\s*-\s*([0-9]))?", part)
        if not found:
            wrong = f"not {brief(part)}" if part else "and none is left out beside a comma"
            raise ValueError(f"{allowed}, {wrong}")
        first, last = int(found[1]), int(found[2] or found[1])
        if first > last:
            raise ValueError(f"a range goes up; write {last}-{first} instead of {part}")
        digits.extend(range(first, last + 1))
    return tuple(digits)


class Section(BaseModel):
    """A part of the config: no unknown keys, no silent conversions, never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, validate_default=True)


def _field(default: Any, help_text: str, **limits: Any) -> Any:
    return Field(default=default, description=help_text, **limits)


class Data(Section):
    """R: the real images."""

    source: str = _field("auto", "auto, mnist, digits, or a path to a file or folder", min_length=1)
    digits: tuple[Digit, ...] = _field(
        tuple(range(10)), "the classes to train on, as in 0-4,7", min_length=1, strict=False
    )
    holdout: int = _field(0, "their last images, kept from training to judge by", ge=0)

    @field_validator("digits", mode="before")
    @classmethod
    def _from_text(cls, digits: Any) -> Any:
        """Read text such as 0-4,7 and a single digit; refuse text that names a digit twice.

        A list may, as configs of version 0.1 do.
        """
        if digits is not None and not isinstance(digits, str) and type(digits) is not int:
            return digits  # True is an int, too
        digits = _digits_of("" if digits is None else str(digits))
        twice = [digit for place, digit in enumerate(digits) if digit in digits[:place]]
        if twice:
            raise ValueError(f"{twice[0]} is named twice; name each digit once")
        return digits

    @field_validator("holdout")
    @classmethod
    def _enough_or_none(cls, holdout: int) -> int:
        """Refuse so few images that nothing can be held against them."""
        if 0 < holdout < FEWEST_HELD:
            raise ValueError(f"at least {FEWEST_HELD:,} images should be held out, or 0")
        return holdout

    @field_validator("source")
    @classmethod
    def _absolute(cls, source: str) -> str:
        """Make a path absolute, so that the saved config holds wherever it is read."""
        return source if source in SOURCES else str(Path(os.path.expanduser(source)).absolute())


class Noise(Section):
    """I: the noise that goes in."""

    latent_size: int = _field(100, "numbers in one latent", ge=1, le=4096)
    distribution: Literal["normal", "uniform", "mixed"] = _field(
        "normal",
        "of each number, whose mean is 0 and deviation 1; mixed: a fifth of them says a kind",
    )

    @field_validator("distribution")
    @classmethod
    def _kinds(cls, distribution: str, info: ValidationInfo) -> str:
        """Refuse latents that have no room for two kinds."""
        if distribution == "mixed" and info.data.get("latent_size", FEWEST_MIXED) < FEWEST_MIXED:
            raise ValueError(f"that takes latents of at least {FEWEST_MIXED} numbers")
        return distribution


class Generator(Section):
    """G: from noise to images."""

    architecture: Architecture = _field("dense", "of its layers")
    widths: Widths = _field(
        (256, 512, 1024),
        "units of each hidden layer; of a convolutional one the last two are channels",
        strict=False,
    )
    slope: Share = _field(0.2, "of LeakyReLU below zero; 0: ReLU")
    dropout: Share = _field(0.0, "share of hidden units dropped while training")
    output: Literal["tanh", "sigmoid"] = _field(
        "tanh", "of the last layer; a sigmoid is stretched to [-1, 1]"
    )
    start: Start = _field(None, START)
    mean_start: bool = _field(False, "whether all its images begin near the mean real one")
    learning_rate: Rate = _field(2e-4, "of the optimizer")
    beta_1: Share = _field(0.5, "of Adam")
    beta_2: Share = _field(0.999, "of Adam")
    averaging: Share = _field(0.0, "of the running mean of weights that is kept; 0: no mean")

    @field_validator("widths")
    @classmethod
    def _two_pictures(cls, widths: tuple[int, ...], info: ValidationInfo) -> tuple[int, ...]:
        """Refuse a convolutional generator without channels, or with those of a dense one."""
        if info.data.get("architecture") == "convolutional":
            _check_channels(widths[-2:], "the last two are channels of 7x7 and of 14x14")
        return widths

    @field_validator("mean_start")
    @classmethod
    def _dense_start(cls, mean_start: bool, info: ValidationInfo) -> bool:
        """Refuse a start from the mean image where no pixel has a bias of its own."""
        if mean_start and info.data.get("architecture") == "convolutional":
            raise ValueError("only a dense generator can begin there")
        return mean_start


class Discriminator(Section):
    """D: from images to a verdict."""

    architecture: Architecture = _field("dense", "of its layers")
    widths: Widths = _field(
        (1024, 512, 256),
        "units of each hidden layer; of a convolutional one the first two are filters",
        strict=False,
    )
    slope: Share = _field(0.2, "of LeakyReLU below zero")
    dropout: Share = _field(0.3, "share of hidden units dropped while training")
    input_dropout: Share = _field(0.0, "share of pixels blackened while training")
    centred: bool = _field(False, "whether the mean real image is taken from each it sees")
    pieces: int = _field(
        1, "linear ones, of which a unit is the largest; 1: LeakyReLU", ge=1, le=16
    )
    start: Start = _field(None, START)
    learning_rate: Rate = _field(2e-4, "of the optimizer")
    beta_1: Share = _field(0.5, "of Adam")
    beta_2: Share = _field(0.999, "of Adam")
    penalty: tuple[Weight, Weight] = _field(
        (0.0, 0.0), "on its slopes by real and fake images, at first and at last", strict=False
    )
    penalty_kind: Literal["zero_centred", "one_centred"] = _field(
        "zero_centred", "slopes of 0 at the images, or of 1 between them"
    )
    steps: int = _field(1, "discriminator updates per generator update", ge=1, le=100)
    warmup_steps: int = _field(0, "discriminator updates before the first epoch", ge=0, le=100_000)

    @field_validator("widths")
    @classmethod
    def _two_pictures(cls, widths: tuple[int, ...], info: ValidationInfo) -> tuple[int, ...]:
        """Refuse a convolutional discriminator without filters, or with those of a dense one."""
        if info.data.get("architecture") == "convolutional":
            _check_channels(widths[:2], "the first two are filters of 14x14 and of 7x7")
        return widths

    @field_validator("input_dropout", "pieces")
    @classmethod
    def _dense_only(cls, value: float, info: ValidationInfo) -> float:
        """Refuse what convolutions have not."""
        plain = cls.model_fields[str(info.field_name)].default
        if value != plain and info.data.get("architecture") == "convolutional":
            raise ValueError(f"a convolutional discriminator takes {plain}")
        return value

    @field_validator("penalty")
    @classmethod
    def _both_or_none(cls, penalty: tuple[float, float]) -> tuple[float, float]:
        """Refuse a penalty that falls to nothing, which no equal factors reach."""
        if bool(penalty[0]) != bool(penalty[1]):
            raise ValueError("both weights should be above 0, or both 0")
        return penalty


class Training(Section):
    """The loop in which they train."""

    epochs: int = _field(400, "passes over the data", ge=1, le=1_000_000)
    batch_size: int = _field(128, "real images per update", ge=1, le=65_536)
    objective: Literal[
        "non_saturating", "minimax", "least_squares", "hinge", "wasserstein", "relativistic"
    ] = _field("non_saturating", "the pair of losses")
    conditional: bool = _field(False, "whether both networks are told the digit")
    optimizer: Literal["adam", "sgd"] = _field("adam", "of both networks")
    momentum: tuple[Share, Share] = _field((0.5, 0.7), "of sgd, at first and at last", strict=False)
    momentum_epochs: int = _field(250, "until the momentum is at its last", ge=1, le=1_000_000)
    rate_divisor: float = _field(
        1.0, "by which the learning rates are divided with each update", ge=1, le=1.1
    )
    final_rate: float = _field(
        1.0, "share of the learning rates that is left in the end, along a cosine", gt=0, le=1
    )
    decay_epochs: int | None = _field(
        None, "until rates and penalty are at their last; null: all epochs", ge=1, le=1_000_000
    )
    real_label: float = _field(
        0.9, "what D calls real; below 1: smoothing (non_saturating, minimax)", gt=0.5, le=1
    )
    seed: int = _field(0, "of weights, batches, noise and dropout", ge=0, le=2**31 - 1)
    image_every: int = _field(20, "epochs between two grids of digits", ge=1)
    census: int = _field(2000, "digits judged with each grid; 0: none", ge=0, le=100_000)
    steps_per_call: int = _field(26, "updates in one compiled call", ge=1, le=10_000)
    checkpoint_seconds: float = _field(60.0, "at most between two checkpoints", ge=0, le=3600)
    precision: Literal["float32", "mixed_bfloat16", "auto"] = _field(
        "float32", "of the matrix products; auto: bfloat16 where the processor has it"
    )
    threads: int = _field(0, "for TensorFlow; 0: one per processor core", ge=0, le=256)

    def has_grid(self, epoch: int) -> bool:
        """Say whether an epoch ends with a grid: the first, every so many, the last."""
        return epoch in (1, self.epochs) or epoch % self.image_every == 0

    @field_validator("census")
    @classmethod
    def _enough_or_none(cls, census: int) -> int:
        """Refuse a census of so few digits that they have no distance to the real ones."""
        if 0 < census < FEWEST_JUDGED:
            raise ValueError(f"at least {FEWEST_JUDGED} digits should be judged, or 0")
        return census


class Config(Section):
    """Everything that decides what a training run does."""

    name: str = _field("tutorial", "of the run folder", pattern="^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")
    data: Data = Data()
    noise: Noise = Noise()
    generator: Generator = Generator()
    discriminator: Discriminator = Discriminator()
    training: Training = Training()


def brief(value: Any) -> str:
    """Return a value as Python writes it, shortened where it is long."""
    try:
        return reprlib.repr(value)
    except ValueError:  # Python declines to write more than 4,300 digits
        return "an endless number"
