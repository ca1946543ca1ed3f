"""The command line: the entry point, and how mistakes are answered."""

import io
import sys
from typing import NoReturn

import click

from mnist_gan import __version__
from mnist_gan.commands.browse import browse
from mnist_gan.commands.compare import compare
from mnist_gan.commands.completion import completion
from mnist_gan.commands.evaluate import evaluate
from mnist_gan.commands.export import export
from mnist_gan.commands.lab import lab
from mnist_gan.commands.options import Group
from mnist_gan.commands.recipes import recipes
from mnist_gan.commands.runs import runs
from mnist_gan.commands.sample import sample
from mnist_gan.commands.settings import settings
from mnist_gan.commands.sweep import sweep
from mnist_gan.commands.train import train


def main() -> NoReturn:
    """Run the command line; exit 0 when done, 2 on a person's mistake, 130 after Ctrl-C."""
    from mnist_gan.support.errors import UserError

    _accept_any_encoding()
    try:
        sys.exit(commands(prog_name="mnist-gan", standalone_mode=False))
    except click.UsageError as error:
        from mnist_gan.commands.mistakes import sentence

        sys.exit(_refuse(sentence(error)))
    except click.ClickException as error:
        sys.exit(_refuse(error.format_message()))
    except UserError as error:
        sys.exit(_refuse(str(error)))
    except OSError as error:
        sys.exit(_refuse(f"{error.filename or 'A file'}: {error.strerror or error}."))
    except (KeyboardInterrupt, click.Abort):
        print("Stopped; nothing was left half-written.", file=sys.stderr)
        sys.exit(130)


def _accept_any_encoding() -> None:
    """Escape the characters that the encoding of a standard stream lacks, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # whoever calls us may have put another there
            stream.reconfigure(errors="backslashreplace")


def _refuse(sentence: str) -> int:
    """Print the sentence that tells a mistake; return the exit code for it."""
    from mnist_gan.support.text import escaped

    print(f"mnist-gan: {escaped(sentence)}", file=sys.stderr)
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
    runs,
    browse,
    lab,
    settings,
    recipes,
    completion,
):
    commands.add_command(command)
