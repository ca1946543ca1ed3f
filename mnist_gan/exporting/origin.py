"""What is known of a generator from where its file lies: a name, and the records of its run."""

from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from mnist_gan.config.loading import dump_config
from mnist_gan.runs import (
    BUNDLED,
    DataRecord,
    Evaluation,
    generator_epoch,
    run_of_generator,
)
from mnist_gan.support.assets import MNIST, asset, content
from mnist_gan.support.errors import UserError


class Title(NamedTuple):
    """How a generator is called, without the folders of this machine."""

    name: str
    about: str  # a sentence


class Records(NamedTuple):
    """What a run has kept of how a generator was made, None for what is not known."""

    config: str | None = None  # YAML
    data: DataRecord | None = None
    evaluation: Evaluation | None = None  # of this very generator


def title(source: Path | None) -> Title:
    """Return how a generator is called.

    Args:
        source: Its `.keras` file, None for one in memory.
    """
    if source is None:
        return Title("generator", "A generator of 28x28 images.")
    if source == asset(BUNDLED):
        return Title("bundled generator", "The generator that comes with mnist-gan.")
    run = run_of_generator(source)
    if run is None:
        return Title(source.stem, f"The generator of the file {source.name}.")
    which = "best" if source.name == run.best.name else "last"
    epoch = generator_epoch(run, source)
    after = "" if epoch is None else f", of epoch {epoch}"
    return Title(run.folder.resolve().name, f"The {which} generator of a run{after}.")


def records(source: Path | None) -> Records:
    """Return what is kept of how a generator was made.

    Args:
        source: Its `.keras` file, None for one in memory.

    Raises:
        UserError: Where a file of its run is damaged.
    """
    if source is None:
        return Records()
    if source == asset(BUNDLED):
        evaluation = Evaluation.model_validate_json(content("generator.json"))
        data = DataRecord(source="MNIST", count=60_000, sha256=MNIST)
        return Records(content("generator.yaml").decode(), data, evaluation)
    run = run_of_generator(source)
    if run is None:
        return Records()
    found, this = run.evaluation(), (source.name, generator_epoch(run, source))
    is_of_this = found is not None and (found.generator, found.epoch) == this
    return Records(dump_config(run.config()), run.manifest().data, found if is_of_this else None)


def data_of(source: Path | None) -> DataRecord | None:
    """Return what a generator was trained on, None where that is not known or damaged."""
    with suppress(UserError):
        return records(source).data
    return None
