"""`mnist-gan train`: finds what can be wrong with a training before anything slow is imported."""

from pathlib import Path

from mnist_gan.commands.console import LOADING, say
from mnist_gan.commands.room import refuse_without_room
from mnist_gan.config import Config
from mnist_gan.places import refuse_missing_data


def train(config: Config, outputs: Path, *, dry_run: bool, quiet: bool) -> int:
    """Train a new run, or only say what it would be; return the exit code."""
    check(config, outputs, quiet=quiet)
    from mnist_gan.commands import session

    if dry_run:
        return session.preview(config)
    return session.ended(*session.train_new(config, outputs, quiet=quiet))


def check(config: Config, outputs: Path, *, quiet: bool) -> None:
    """Raise UserError where a training cannot begin; else say what it now waits for."""
    refuse_without_room(config, outputs)
    refuse_missing_data(config.data.source)
    if not quiet:
        say(LOADING)
