"""Options and kinds of values that several commands share."""

import math
import shutil
from typing import Any

import click


def _outputs_folder(context: click.Context, option: click.Parameter, value: str | None) -> Any:
    """Return where runs are kept."""
    from mnist_gan.support.paths import outputs_folder

    return outputs_folder(value)


def _tensorboard(context: click.Context, option: click.Parameter, value: bool) -> list[Any]:
    """Return the callbacks of a training."""
    if not value:
        return []
    from mnist_gan.session.tensorboard import TensorBoard

    return [TensorBoard()]


OUTPUTS = click.option(
    "--outputs",
    metavar="DIR",
    callback=_outputs_folder,
    help="Where runs are kept. [default: $MNIST_GAN_OUTPUTS or outputs]",
)
CONFIG = click.option(
    "--config",
    "reference",
    metavar="NAME|FILE",
    help="Recipe: one that ships, or a YAML file. [default: tutorial]",
)
BEST = click.option("--best", is_flag=True, help="Take a run's best generator instead of its last.")
EPOCHS = click.option("--epochs", type=int, help="Passes over the data, in all.")
SET = click.option(
    "--set", "changes", multiple=True, metavar="KEY=VALUE", help="Change one setting."
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")
QUIET = click.option("--quiet", is_flag=True, help="Print nothing but the run folder, at the end.")
TENSORBOARD = click.option(
    "--tensorboard",
    "callbacks",
    is_flag=True,
    callback=_tensorboard,
    help="Log for TensorBoard, in the run folder.",
)
SEED = click.option(
    "--seed",
    type=click.IntRange(0, 2**31 - 1),
    default=0,
    show_default=True,
    help="Seed of what is drawn; of several runs, the first one's.",
)
LATENT_SEED = click.option(
    "--seed",
    type=click.IntRange(0, 2**63 - 1),
    default=0,
    show_default=True,
    help="Seed of the latents.",
)
DATA = "auto|mnist|fashion_mnist|digits|PATH"  # how --data is shown
BATCH_SIZE = click.option("--batch-size", type=int, help="Real images per update.")
IMAGES = click.option("--data", metavar=DATA, help="The real images.")
CLASSES = click.option(
    "--classes",
    "--digits",
    "classes",
    metavar="LIST",
    help="Train on these classes only, as in 0-4,7 or A,B.",
)


class Group(click.Group):
    """A group that prints its help on stderr without a command; click 8.1 prints it on stdout."""

    group_class = type  # its groups, too

    def parse_args(self, context: click.Context, arguments: list[str]) -> list[str]:
        """Print the help and exit with 2 where no arguments are given."""
        if not arguments and not context.resilient_parsing:  # which completes words in a shell
            click.echo(context.get_help(), err=True)
            context.exit(2)
        return super().parse_args(context, arguments)


class Number(click.FloatRange):
    """A number within limits; NaN, which click lets through, is refused."""

    def convert(
        self, value: Any, parameter: click.Parameter | None, context: click.Context | None
    ) -> Any:
        """Return the number, or tell the person."""
        number = super().convert(value, parameter, context)
        if math.isnan(number):
            self.fail(f"{value!r} is no number.", parameter, context)
        return number


def width() -> int:
    """Return how many columns a text for people takes: those of the terminal, at most 100."""
    return min(100, shutil.get_terminal_size().columns)


def overrides(settings: tuple[str, ...], flags: dict[str, Any]) -> dict[str, Any]:
    """Return --set and then the flags as one mapping of dotted keys to values."""
    from mnist_gan.config.loading import parse_setting
    from mnist_gan.config.names import SHORT

    changes = dict(parse_setting(setting) for setting in settings)
    return changes | {SHORT[flag]: value for flag, value in flags.items() if value is not None}
