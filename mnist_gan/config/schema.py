"""Every setting once: name, type, range, default, meaning.

Longer than other modules, since every setting stands here.
"""

import os
import re
import reprlib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from mnist_gan.objectives.losses import OBJECTIVES
from mnist_gan.objectives.penalties import PENALTIES

FEWEST_EVALUATED = 100  # digits: more than a classifier has features
FEWEST_HELD = 1000  # images held out: below it most metrics mean nothing
FEWEST_CATEGORICAL = 10  # numbers in a latent with a categorical code of two values
MOST_CHANNELS = 256  # of a picture within a network: more would take a processor weeks
MOST_DEVICES = 4096
MOST_CLASSES = 256
SOURCES = ("auto", "mnist", "fashion_mnist", "digits")  # data that is no path
Width = Annotated[int, Field(ge=1, le=8192)]
Widths = Annotated[tuple[Width, ...], Field(min_length=1, max_length=10)]
Rate = Annotated[float, Field(ge=0, le=1)]
Share = Annotated[float, Field(ge=0, lt=1)]
Weight = Annotated[float, Field(ge=0, le=1e6)]
InitRange = Annotated[float, Field(gt=0, le=10)] | None
INIT_RANGE = "initial weights are uniform within this of 0; null: as in the tutorial"
BATCH_NORM = "whether hidden layers have batch normalization"
SPECTRAL_NORM = "whether kernels are divided by their largest singular value"
Architecture = Literal["dense", "convolutional"]


def _check_channels(widths: tuple[int, ...], meaning: str) -> None:
    """Refuse what two convolutions cannot have, or not in any time worth waiting for."""
    if len(widths) < 2 or max(widths) > MOST_CHANNELS:
        raise ValueError(
            f"a convolutional one takes two or more, of which {meaning}, at most "
            f"{MOST_CHANNELS} each"
        )


def _classes_of(text: str) -> tuple[str, ...]:
    """Return the classes that text such as 0-4,7 or A,B names, in its order."""
    if not text.strip():
        raise ValueError("it names no class; names and ranges are allowed, as in 0-4,7 or A,B")
    names: list[str] = []
    for part in (part.strip() for part in text.split(",")):
        if not part:
            raise ValueError("a name is missing beside a comma, as in 0-4,7 or A,B")
        found = re.fullmatch(r"([0-9]{1,4})\s*-\s*([0-9]{1,4})", part)
        first, last = (int(found[1]), int(found[2])) if found else (0, 0)
        if first > last:
            raise ValueError(f"a range goes up; write {last}-{first} instead of {part}")
        names.extend(map(str, range(first, last + 1)) if found else [part])
        if len(names) > MOST_CLASSES:
            raise ValueError(f"from 1 to {MOST_CLASSES} classes are allowed")
    return tuple(names)


class Section(BaseModel):
    """A part of the config: no unknown keys, no silent conversions, never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, validate_default=True)


def _field(default: Any, help_text: str, **limits: Any) -> Any:
    return Field(default=default, description=help_text, **limits)


class Data(Section):
    """The real images."""

    source: str = _field(
        "auto", "auto, mnist, fashion_mnist, digits, or a path to a file or folder", min_length=1
    )
    classes: tuple[str, ...] | None = _field(
        None, "classes to train on, as in 0-4,7 or cat,dog; null: all", strict=False
    )
    holdout: int = _field(0, "last images kept from training, to evaluate with", ge=0)
    grey: bool = _field(False, "whether pictures with colours are turned grey")
    resize: bool = _field(False, "whether pictures of another size are scaled to 28x28")
    invert: bool = _field(False, "whether dark and light are exchanged")
    transpose: bool = _field(False, "whether lines and columns are exchanged, as EMNIST needs")

    @field_validator("classes", mode="before")
    @classmethod
    def _from_text(cls, classes: Any) -> Any:
        """Read text such as 0-4,7 or A,B and a single number; refuse a class named twice.

        A list may name one twice, as configs of version 0.1 do.
        """
        if classes is None:
            return None
        if isinstance(classes, str) or type(classes) is int:  # True is an int, too
            names = _classes_of(str(classes))
            twice = [name for place, name in enumerate(names) if name in names[:place]]
            if twice:
                raise ValueError(f"{brief(twice[0])} is named twice; name each class once")
            return names
        if not isinstance(classes, list | tuple) or not all(
            type(each) in (int, str) for each in classes
        ):
            raise ValueError("names of classes are allowed, as in 0-4,7 or A,B")
        if not 0 < len(classes) <= MOST_CLASSES:
            raise ValueError(f"from 1 to {MOST_CLASSES} classes are allowed")
        return tuple(map(str, classes))

    @property
    def digits(self) -> tuple[int, ...]:
        """The digits among the classes to train on, where the classes are digits."""
        return tuple(digit for digit in range(10) if not self.classes or str(digit) in self.classes)

    @field_validator("holdout")
    @classmethod
    def _enough_or_none(cls, holdout: int) -> int:
        """Refuse so few images that nothing can be compared with them."""
        if 0 < holdout < FEWEST_HELD:
            raise ValueError(f"at least {FEWEST_HELD:,} images should be held out, or 0")
        return holdout

    @field_validator("source")
    @classmethod
    def _absolute(cls, source: str) -> str:
        """Make a path absolute, so that the saved config holds wherever it is read."""
        if source in SOURCES:
            return source
        path = str(Path(os.path.expanduser(source)).absolute())
        try:
            path.encode()
        except UnicodeEncodeError:
            raise ValueError("a path should be UTF-8; rename the file or its folder") from None
        return path


class Noise(Section):
    """The noise from which images are generated."""

    latent_size: int = _field(100, "numbers in one latent", ge=1, le=4096)
    distribution: Literal["normal", "uniform", "normal+categorical"] = _field(
        "normal",
        "of the latents; normal+categorical: a fifth of a latent is a categorical code (InfoGAN)",
    )

    @field_validator("distribution")
    @classmethod
    def _has_room(cls, distribution: str, info: ValidationInfo) -> str:
        """Refuse latents too small for a categorical code."""
        if (
            distribution == "normal+categorical"
            and info.data.get("latent_size", FEWEST_CATEGORICAL) < FEWEST_CATEGORICAL
        ):
            raise ValueError(f"that takes latents of at least {FEWEST_CATEGORICAL} numbers")
        return distribution


class Generator(Section):
    """The generator: from noise to images."""

    architecture: Architecture = _field("dense", "kind of layers")
    widths: Widths = _field(
        (256, 512, 1024),
        "units of each hidden layer; of a convolutional one the last two are channels",
        strict=False,
    )
    slope: Share = _field(0.2, "slope of LeakyReLU below zero; 0: ReLU")
    dropout: Share = _field(0.0, "fraction of hidden units dropped in training")
    batch_norm: bool = _field(False, BATCH_NORM)
    spectral_norm: bool = _field(False, f"{SPECTRAL_NORM}, but not those of the last layer")
    upsampling: Literal["transposed", "nearest"] = _field(
        "transposed",
        "how a convolutional one enlarges pictures: by transposed convolutions, or nearest: pixels "
        "are repeated, then convolved",
    )
    output: Literal["tanh", "sigmoid"] = _field(
        "tanh", "activation of the last layer; a sigmoid is scaled to [-1, 1]"
    )
    init_range: InitRange = _field(None, INIT_RANGE)
    init_bias_to_mean: bool = _field(False, "whether its last biases begin at the mean real image")
    learning_rate: Rate = _field(2e-4, "learning rate of the optimizer; 0: it never learns")
    beta_1: Share = _field(0.5, "decay rate of Adam's moments")
    beta_2: Share = _field(0.999, "decay rate of Adam's moments")
    ema_decay: Share = _field(
        0.0, "decay of the exponential moving average of weights that is kept; 0: none"
    )

    @field_validator("widths")
    @classmethod
    def _two_pictures(cls, widths: tuple[int, ...], info: ValidationInfo) -> tuple[int, ...]:
        """Refuse a convolutional generator without channels, or with those of a dense one."""
        if info.data.get("architecture") == "convolutional":
            _check_channels(widths[-2:], "the last two are channels of 7x7 and of 14x14")
        return widths

    @field_validator("upsampling")
    @classmethod
    def _has_pictures(cls, upsampling: str, info: ValidationInfo) -> str:
        """Refuse a way of enlarging pictures where there are none."""
        if upsampling == "nearest" and info.data.get("architecture") == "dense":
            raise ValueError("only a convolutional generator enlarges pictures")
        return upsampling

    @field_validator("init_bias_to_mean")
    @classmethod
    def _dense_start(cls, init_bias_to_mean: bool, info: ValidationInfo) -> bool:
        """Refuse a start from the mean image where no pixel has a bias of its own."""
        if init_bias_to_mean and info.data.get("architecture") == "convolutional":
            raise ValueError("only a dense generator can begin there")
        return init_bias_to_mean


class Discriminator(Section):
    """The discriminator: from images to a logit."""

    architecture: Architecture = _field("dense", "kind of layers")
    widths: Widths = _field(
        (1024, 512, 256),
        "units of each hidden layer; of a convolutional one the first two are filters",
        strict=False,
    )
    slope: Share = _field(0.2, "slope of LeakyReLU below zero")
    dropout: Share = _field(0.3, "fraction of hidden units dropped in training")
    batch_norm: bool = _field(False, f"{BATCH_NORM}, except the first, which sees the images")
    spectral_norm: bool = _field(False, SPECTRAL_NORM)
    input_dropout: Share = _field(0.0, "fraction of pixels set to black in training")
    subtract_mean: bool = _field(False, "whether the mean real image is subtracted from each input")
    maxout_pieces: int = _field(
        1, "linear units in each maxout unit; 1: LeakyReLU instead", ge=1, le=16
    )
    init_range: InitRange = _field(None, INIT_RANGE)
    learning_rate: Rate = _field(2e-4, "learning rate of the optimizer; 0: it never learns")
    beta_1: Share = _field(0.5, "decay rate of Adam's moments")
    beta_2: Share = _field(0.999, "decay rate of Adam's moments")
    penalty: tuple[Weight, Weight] = _field(
        (0.0, 0.0),
        "weight of the penalty on its input gradients, at first and at last",
        strict=False,
    )
    penalty_kind: Literal[*PENALTIES] = _field(  # type: ignore[valid-type]  # by their names
        "r1_r2", "input gradients of 0 at the images (R1 and R2), or of norm 1 between them"
    )
    updates_per_generator_update: int = _field(
        1, "discriminator updates per generator update (n_critic)", ge=1, le=100
    )
    pretrain_steps: int = _field(
        0, "discriminator updates before the first epoch", ge=0, le=100_000
    )

    @field_validator("widths")
    @classmethod
    def _two_pictures(cls, widths: tuple[int, ...], info: ValidationInfo) -> tuple[int, ...]:
        """Refuse a convolutional discriminator without filters, or with those of a dense one."""
        if info.data.get("architecture") == "convolutional":
            _check_channels(widths[:2], "the first two are filters of 14x14 and of 7x7")
        return widths

    @field_validator("input_dropout", "maxout_pieces")
    @classmethod
    def _dense_only(cls, value: float, info: ValidationInfo) -> float:
        """Refuse settings that convolutions do not have."""
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
    """How both are trained."""

    epochs: int = _field(400, "passes over the data", ge=1, le=1_000_000)
    batch_size: int = _field(128, "real images per update", ge=1, le=65_536)
    objective: Literal[*OBJECTIVES] = _field(  # type: ignore[valid-type]  # by their names
        "non_saturating", "the pair of losses"
    )
    conditional: bool = _field(False, "whether both networks are conditioned on the digit")
    optimizer: Literal["adam", "sgd"] = _field("adam", "optimizer of both networks")
    momentum: tuple[Share, Share] = _field(
        (0.5, 0.7), "momentum of sgd, at first and at last", strict=False
    )
    momentum_epochs: int = _field(
        250, "epochs until the momentum reaches its last value", ge=1, le=1_000_000
    )
    lr_decay: float = _field(1.0, "divides the learning rates after each update", ge=1, le=1.1)
    final_lr_fraction: float = _field(
        1.0, "fraction of the learning rates at the end, reached along a cosine", gt=0, le=1
    )
    decay_epochs: int | None = _field(
        None,
        "epochs until learning rates and penalty reach their last values; null: all",
        ge=1,
        le=1_000_000,
    )
    real_label: float = _field(
        0.9,
        "label of real images; below 1: label smoothing (non_saturating, minimax)",
        gt=0.5,
        le=1,
    )
    seed: int = _field(0, "seed of weights, batches, noise and dropout", ge=0, le=2**31 - 1)
    image_every: int = _field(20, "epochs between two grids of digits", ge=1)
    eval_samples: int = _field(2000, "digits evaluated with each grid; 0: none", ge=0, le=100_000)
    steps_per_call: int = _field(
        26, "steps in one compiled call; on a GPU there are 1,000", ge=1, le=10_000
    )
    checkpoint_seconds: float = _field(
        60.0, "seconds between two checkpoints, at most", ge=0, le=3600
    )
    precision: Literal["float32", "mixed_bfloat16", "auto"] = _field(
        "float32", "precision of matrix products; auto: bfloat16 where that is faster"
    )
    backend: Literal["auto", "tensorflow", "jax"] = _field(
        "auto", "backend of Keras; auto: KERAS_BACKEND if that is set, else tensorflow"
    )
    device: Literal["auto", "cpu", "gpu"] = _field(
        "auto", "where JAX trains; auto: on a GPU if it has one"
    )
    devices: int | Literal["all"] = _field(
        1, "devices of JAX that share each batch; all: all there are"
    )
    threads: int = _field(0, "threads of the backend; 0: one per processor core", ge=0, le=256)

    def has_grid(self, epoch: int) -> bool:
        """Say whether an epoch ends with a grid: the first, every so many, the last."""
        return epoch in (1, self.epochs) or epoch % self.image_every == 0

    @field_validator("devices", mode="before")
    @classmethod
    def _number_or_all(cls, devices: Any) -> Any:
        """Refuse what is neither a number nor "all"."""
        if devices != "all" and (type(devices) is not int or not 1 <= devices <= MOST_DEVICES):
            raise ValueError(f"it should be a number from 1 to {MOST_DEVICES:,}, or all")
        return devices

    @field_validator("eval_samples")
    @classmethod
    def _enough_or_none(cls, eval_samples: int) -> int:
        """Refuse so few digits that their Fréchet distance means nothing."""
        if 0 < eval_samples < FEWEST_EVALUATED:
            raise ValueError(f"at least {FEWEST_EVALUATED} digits should be evaluated, or 0")
        return eval_samples


class Config(Section):
    """Everything that decides what a training run does."""

    name: str = _field(
        "tutorial", "name of the run folder", pattern="^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"
    )
    data: Data = Data()
    noise: Noise = Noise()
    generator: Generator = Generator()
    discriminator: Discriminator = Discriminator()
    training: Training = Training()

    def with_training(self, **changes: Any) -> "Config":
        """Return the same with changes of its section `training`, which are not checked."""
        return self.model_copy(update={"training": self.training.model_copy(update=changes)})

    def with_source(self, source: str) -> "Config":
        """Return the same with images from another place, which is not checked."""
        return self.model_copy(update={"data": self.data.model_copy(update={"source": source})})


def brief(value: Any) -> str:
    """Return a value as Python writes it, shortened where it is long."""
    try:
        return reprlib.repr(value)
    except ValueError:  # Python declines to write more than 4,300 digits
        return "an endless number"
