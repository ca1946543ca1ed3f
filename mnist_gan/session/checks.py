"""What can be wrong with a training, found before TensorFlow is loaded."""

from pathlib import Path

from mnist_gan.config.schema import Config
from mnist_gan.data.locations import refuse_missing_data
from mnist_gan.session.disk import refuse_without_room
from mnist_gan.support.console import LOADING, say


def check(config: Config, outputs: Path, *, quiet: bool) -> None:
    """Raise UserError where a training cannot begin; else say what it now waits for."""
    refuse_without_room(config, outputs)
    refuse_missing_data(config.data.source)
    if not quiet:
        say(LOADING)
