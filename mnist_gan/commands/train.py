"""`mnist-gan train`: a new training, or one that is trained on."""

from pathlib import Path
from typing import Any

import click

from mnist_gan.commands.options import (
    BATCH_SIZE,
    CLASSES,
    CONFIG,
    EPOCHS,
    IMAGES,
    OUTPUTS,
    QUIET,
    SET,
    TENSORBOARD,
    overrides,
)

HOSTS = ("coordinator", "processes", "process")  # options that say how processes find each other


@click.command()
@CONFIG
@SET
@EPOCHS
@BATCH_SIZE
@click.option("--seed", type=int, help="Seed of everything that is drawn.")
@IMAGES
@CLASSES
@click.option("--name", help="Name of the run folder.")
@OUTPUTS
@click.option("--resume", metavar="RUN", help="Go on with a run: its number, name or folder.")
@click.option("--backend-change", is_flag=True, help="Resume on another backend; bits differ.")
@click.option("--multi-host", is_flag=True, help="One of several processes of a training, on JAX.")
@click.option("--coordinator", metavar="HOST:PORT", help="With --multi-host: where process 0 is.")
@click.option("--processes", type=click.IntRange(1), help="With --multi-host: how many there are.")
@click.option("--process", type=click.IntRange(0), help="With --multi-host: which this is, from 0.")
@click.option("--dry-run", is_flag=True, help="Print resolved config and forecast, and stop.")
@TENSORBOARD
@QUIET
def train(
    reference: str | None,
    changes: tuple[str, ...],
    outputs: Path,
    resume: str | None,
    backend_change: bool,
    dry_run: bool,
    quiet: bool,
    **flags: Any,
) -> int:
    """Train a GAN and keep the run.

    Example: mnist-gan train --epochs 400

    Settings are taken from the config, then from --set section.key=value, then from the flags.
    Ctrl-C saves and stops; --resume RUN goes on from there, also after a crash. With it, --data
    says where the run's images are now.
    """
    from mnist_gan.config.loading import load_config
    from mnist_gan.runs import find_run
    from mnist_gan.session import start
    from mnist_gan.session.ended import DIVERGED
    from mnist_gan.support.console import print_path

    callbacks = flags.pop("callbacks")
    _announce(**{name: flags.pop(name) for name in ("multi_host", *HOSTS)})
    settings = overrides(changes, flags)
    if backend_change and not resume:
        raise click.UsageError("--backend-change goes with --resume RUN.")
    if resume and dry_run:
        raise click.UsageError("--dry-run shows a new run; it does not go with --resume.")
    if dry_run:
        start.preview(load_config(reference or "tutorial", settings), outputs)
        return 0
    if resume:
        ended = start.resume(
            find_run(resume, outputs),
            reference,
            settings,
            backend_change=backend_change,
            quiet=quiet,
            callbacks=callbacks,
        )
    else:
        config = load_config(reference or "tutorial", settings)
        ended = start.train(config, outputs, quiet=quiet, callbacks=callbacks)
    if ended.exit_code != DIVERGED:
        print_path(ended.run.folder)
    return ended.exit_code


def _announce(*, multi_host: bool, **hosts: Any) -> None:
    """Let the backend join the other processes of the training, if there are some."""
    from mnist_gan.support.hosts import Hosts, announce

    if multi_host:
        announce(Hosts(*(hosts[name] for name in HOSTS)))
    elif any(value is not None for value in hosts.values()):
        raise click.UsageError("--coordinator, --processes and --process go with --multi-host.")
