"""The command line: the entry point, and how mistakes are answered."""

import sys
from typing import NoReturn

import click

from mnist_gan import __version__
from mnist_gan.commands.browse import browse
from mnist_gan.commands.compare import compare
from mnist_gan.commands.completion import completion
from mnist_gan.commands.evaluate import evaluate
from mnist_gan.commands.export import export
from mnist_gan.commands.invert import invert
from mnist_gan.commands.lab import lab
from mnist_gan.commands.options import Group
from mnist_gan.commands.recipes import recipes
from mnist_gan.commands.runs import runs
from mnist_gan.commands.sample import sample
from mnist_gan.commands.settings import settings
from mnist_gan.commands.sweep import sweep
from mnist_gan.commands.train import train
from mnist_gan.support.errors import UserError, refusal_of


def main() -> NoReturn:
    """Run the command line; exit 0 when done, 2 on a person's mistake, 130 after Ctrl-C."""
    from mnist_gan.session.signals import ended_in_order
    from mnist_gan.support.streams import prepare_streams

    prepare_streams()
    try:
        with ended_in_order():
            code = commands(prog_name="mnist-gan", standalone_mode=False)
            sys.stdout.flush()
            sys.exit(code)
    except click.UsageError as error:
        from mnist_gan.commands.mistakes import sentence

        sys.exit(_refuse(UserError(sentence(error))))
    except click.ClickException as error:
        sys.exit(_refuse(UserError(error.format_message())))
    except UserError as error:
        sys.exit(_refuse(error))
    except (OSError, MemoryError) as error:
        sys.exit(_refuse(UserError(refusal_of(error))))
    except (KeyboardInterrupt, click.Abort):
        print("Stopped; nothing was left half-written.", file=sys.stderr)
        sys.exit(130)


def _refuse(error: UserError) -> int:
    """Print the sentence that tells a mistake; return the exit code for it."""
    print(f"mnist-gan: {error}", file=sys.stderr)
    return 2


@click.group(
    cls=Group,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__)
def commands() -> None:
    """Train, watch, judge and understand a GAN on MNIST."""


for command in (
    train,
    sweep,
    compare,
    sample,
    evaluate,
    export,
    invert,
    runs,
    browse,
    lab,
    settings,
    recipes,
    completion,
):
    commands.add_command(command)
