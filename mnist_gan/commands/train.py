"""`mnist-gan train`: a new training."""

from pathlib import Path

from mnist_gan.config.schema import Config
from mnist_gan.session.checks import check


def train(config: Config, outputs: Path, *, dry_run: bool, quiet: bool) -> int:
    """Train a new run, or only say what it would be; return the exit code."""
    check(config, outputs, quiet=quiet)
    from mnist_gan.session import train as session

    if dry_run:
        return session.preview(config)
    return session.ended(*session.train_new(config, outputs, quiet=quiet))
