"""The command line: the entry point, and how mistakes are answered."""

import io
import math
import sys
from pathlib import Path
from typing import Any, NoReturn

import click

from mnist_gan import __version__


def _outputs_folder(context: click.Context, option: click.Parameter, value: str | None) -> Path:
    """Return where runs are kept."""
    from mnist_gan.support.folders import outputs_folder

    return outputs_folder(value)


OUTPUTS = click.option(
    "--outputs",
    metavar="DIR",
    callback=_outputs_folder,
    help="Where runs are kept. [default: $MNIST_GAN_OUTPUTS or outputs]",
)
BEST = click.option("--best", is_flag=True, help="Take a run's best generator instead of its last.")
JSON = click.option("--json", "as_json", is_flag=True, help="For scripts.")
QUIET = click.option("--quiet", is_flag=True, help="Print nothing but the run folder, at the end.")


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
    """A number within limits; nan, which is within all, is none."""

    def convert(
        self, value: Any, parameter: click.Parameter | None, context: click.Context | None
    ) -> Any:
        """Return the number, or tell the person."""
        number = super().convert(value, parameter, context)
        if math.isnan(number):
            self.fail(f"{value!r} is no number.", parameter, context)
        return number


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
    print(f"mnist-gan: {sentence}", file=sys.stderr)
    return 2


@click.group(
    cls=Group,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__)
def commands() -> None:
    """Train, watch, judge and understand a GAN on MNIST."""


@commands.command()
@click.option(
    "--config",
    "reference",
    metavar="NAME|FILE",
    help="Recipe: one that ships, or a YAML file. [default: tutorial]",
)
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Change one setting.")
@click.option("--epochs", type=int, help="Passes over the data, in all.")
@click.option("--batch-size", type=int, help="Real images per update.")
@click.option("--seed", type=int, help="Seed of everything that is drawn.")
@click.option("--data", metavar="auto|mnist|digits|PATH", help="The real images.")
@click.option("--digits", metavar="LIST", help="Train on these classes only, as in 0-4,7.")
@click.option("--name", help="Name of the run folder.")
@OUTPUTS
@click.option("--resume", metavar="RUN", help="Go on with a run: its number, name or folder.")
@click.option("--dry-run", is_flag=True, help="Print resolved config and forecast, and stop.")
@QUIET
def train(
    reference: str | None,
    settings: tuple[str, ...],
    outputs: Path,
    resume: str | None,
    dry_run: bool,
    quiet: bool,
    **flags: Any,
) -> int:
    """Train a GAN and keep the run.

    Example: mnist-gan train --epochs 400

    Settings are taken from the config, then from --set section.key=value, then from the flags.
    Ctrl-C saves and stops; --resume RUN goes on from there, also after a crash.
    """
    from mnist_gan.config.loading import load_config

    overrides = _overrides(settings, flags)
    if resume and dry_run:
        raise click.UsageError("--dry-run shows a new run; it does not go with --resume.")
    if resume:
        from mnist_gan.session.resume import resume as command

        return command(resume, reference, overrides, outputs, quiet=quiet)
    config = load_config(reference or "tutorial", overrides)  # before slower things are imported
    from mnist_gan.commands.train import train as train_new

    return train_new(config, outputs, dry_run=dry_run, quiet=quiet)


@commands.command()
@click.argument("model", required=False)
@click.option(
    "--count",
    type=click.IntRange(1),
    help="How many digits; to walk, between how many. [default: 100, or 2]",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**63 - 1),
    default=0,
    show_default=True,
    help="Seed of the latents.",
)
@click.option(
    "--start",
    "first",
    type=click.IntRange(0, 2**31 - 1),
    default=0,
    show_default=True,
    help="Which digit of the seed is the first.",
)
@click.option(
    "--latents",
    "latents_file",
    type=Path,
    metavar="FILE.npy",
    help="Latents of your own (n, size), instead of a seed.",
)
@click.option(
    "--columns",
    type=click.IntRange(1, 1000),
    help="Digits in a row of the sheet. [default: 10 at most]",
)
@click.option(
    "--digit",
    type=click.IntRange(0, 9),
    help="Only this digit: asked for, if a generator can be, or those a classifier is sure of.",
)
@click.option(
    "--interpolate",
    type=click.IntRange(2, 1000),
    metavar="N",
    help="Walk from digit to digit, N images for each.",
)
@click.option(
    "--output",
    type=Path,
    default=Path("samples.png"),
    show_default=True,
    help="A .png sheet, .gif film, .npy or .npz arrays, or a folder of images.",
)
@BEST
@OUTPUTS
def sample(model: str | None, outputs: Path, **options: Any) -> int:
    """Draw digits from a saved generator.

    MODEL is a run (number, name or folder) or a .keras file; left out, the newest run, and where
    there is none, the generator that ships with the package.

    Example: mnist-gan sample 7 --count 25 --columns 5 --output seven.png
    """
    from mnist_gan.commands import sample as command

    return command.sample(model, outputs, **options)


@commands.command()
@click.argument("model", required=False)
@click.option(
    "--samples",
    type=click.IntRange(1000, 10_000),
    default=10_000,
    show_default=True,
    help="Digits to draw; with fewer, distances come out too high.",
)
@click.option(
    "--data",
    metavar="auto|mnist|digits|PATH",
    help="Real digits to compare with. [default: what the run was trained on, else MNIST]",
)
@BEST
@OUTPUTS
@JSON
def evaluate(model: str | None, outputs: Path, **options: Any) -> int:
    """Measure how good a generator's digits are.

    MODEL is a run (number, name or folder) or a .keras file; left out, the newest run, and where
    there is none, the generator that ships with the package.

    Example: mnist-gan evaluate 7 --json
    """
    from mnist_gan.commands.evaluate import evaluate as command

    return command(model, outputs, **options)


@commands.command()
@OUTPUTS
@JSON
def runs(outputs: Path, as_json: bool) -> int:
    """List the runs: number, name, status, epochs, last losses, when.

    Example: mnist-gan runs --json
    """
    from mnist_gan.commands.runs import show_runs

    return show_runs(outputs, as_json=as_json)


@commands.command()
@click.argument("run", required=False)
@OUTPUTS
@click.option(
    "--output",
    type=Path,
    metavar="FILE",
    help="One file to share: a page (.html), or with --film a .gif or .webp.",
)
@click.option("--film", is_flag=True, help="Write a film of the run's grids instead of a page.")
@BEST
@click.option("--no-open", is_flag=True, help="Print the path and open no browser.")
def browse(
    run: str | None, outputs: Path, output: Path | None, film: bool, best: bool, no_open: bool
) -> int:
    """Look at runs in a browser: grids, curves, single digits, and a generator to play with.

    RUN is a number, name or folder; left out, all runs side by side (with --output or --film,
    the newest). Pages need no server and no network, and can be mailed.

    Example: mnist-gan browse 7 --output seven.html
    """
    from mnist_gan.commands import browse as command

    if best and (film or not (run or output)):
        raise click.UsageError("--best chooses the generator in a run's page; name a RUN.")
    if film:
        return command.film(run, outputs, output)
    if output:
        return command.share(run, outputs, output, best=best)
    return command.browse(run, outputs, best=best, is_opened=not no_open)


@commands.group()
def lab() -> None:
    """Experiments of the texts that teach GANs, with their figures and numbers.

    Example: mnist-gan lab gaussian --runs 10
    """


SEED = click.option(
    "--seed",
    type=click.IntRange(0, 2**31 - 1),
    default=0,
    show_default=True,
    help="Of what is drawn; of several runs, the first's.",
)


@lab.command()
@click.option(
    "--recipe",
    type=click.Choice(["sorted", "unsorted", "2018", "2017"]),
    default="sorted",
    show_default=True,
    help="Ours, ours with sets in no order, or a text's.",
)
@click.option(
    "--target",
    type=click.Choice(["normal", "uniform", "exponential", "mixture"]),
    default="normal",
    show_default=True,
    help="Shape of the density to learn.",
)
@click.option(
    "--mean", type=Number(-1e6, 1e6), default=4.0, show_default=True, help="Of the density."
)
@click.option(
    "--std",
    type=Number(0, 1e6, min_open=True),
    default=1.25,
    show_default=True,
    help="Standard deviation of the density.",
)
@click.option(
    "--rounds",
    type=click.IntRange(1, 1_000_000),
    help="Of training, or a few more, so that 50 looks fit. [default: the recipe's]",
)
@SEED
@click.option(
    "--runs",
    type=click.IntRange(1, 1000),
    default=1,
    show_default=True,
    help="How often, each time with the next seed; on all cores.",
)
@OUTPUTS
@JSON
@QUIET
def gaussian(outputs: Path, as_json: bool, quiet: bool, **settings: Any) -> int:
    """Learn a density on the line from uniform noise.

    Keeps the density as training goes (film and picture), its moments, and the last 10,000
    samples of each run, below seed-N/.

    Example: mnist-gan lab gaussian --target mixture --runs 10
    """
    from mnist_gan.lab.gaussian.experiment import gaussian as command

    return command(settings, outputs, as_json=as_json, quiet=quiet)


@lab.command()
@SEED
@OUTPUTS
@JSON
@QUIET
def theory(outputs: Path, as_json: bool, quiet: bool, **settings: Any) -> int:
    """See what the paper of 2014 proves, beside what networks do.

    The best discriminator, the value of the game, divergences, the slopes of both generator
    losses, and the paper's first figure from a real game. Takes a minute.

    Example: mnist-gan lab theory --seed 1
    """
    from mnist_gan.lab.theory.experiment import theory as command

    return command(settings, outputs, as_json=as_json, quiet=quiet)


@lab.command()
@click.argument("model", required=False)
@click.option(
    "--config",
    "reference",
    metavar="NAME|FILE",
    help="Recipe, as for train. [default: goodfellow2014]",
)
@click.option("--set", "changes", multiple=True, metavar="KEY=VALUE", help="Change one setting.")
@click.option("--epochs", type=int, help="Passes over the data, in all.")
@click.option("--data", metavar="auto|mnist|digits|PATH", help="The real images.")
@click.option(
    "--seed", type=click.IntRange(0, 2**31 - 1), help="Of the training, and of the digits drawn."
)
@OUTPUTS
@JSON
@QUIET
def paper(  # noqa: PLR0913, PLR0917 - one argument per flag
    model: str | None,
    reference: str | None,
    changes: tuple[str, ...],
    epochs: int | None,
    data: str | None,
    seed: int | None,
    outputs: Path,
    as_json: bool,
    quiet: bool,
) -> int:
    """Repeat the MNIST experiment of Goodfellow et al. 2014.

    MODEL is a run or a .keras file; left out, one is trained first. Its digits are measured as in
    the paper (Parzen windows), beside the paper's table and what keeps it honest, and shown with
    their nearest training images and on walks from one digit to another.

    Example: mnist-gan lab paper --config fast --epochs 20
    """
    from mnist_gan.lab.paper.experiment import paper as command

    flags = {"epochs": epochs, "data": data, "seed": seed}
    if model and (reference or changes or epochs):
        raise click.UsageError(f"{model} is trained; --config, --set and --epochs train another.")
    return command(
        model,
        reference or "goodfellow2014",
        _overrides(changes, flags),
        {"data": data, "seed": seed or 0},
        outputs,
        as_json=as_json,
        quiet=quiet,
    )


@lab.command()
@click.option(
    "--tip",
    "names",
    type=click.Choice(["smoothing", "rates", "warmup", "steps", "freezing", "dropout", "latent"]),
    multiple=True,
    help="Which; may be given several times. [default: all]",
)
@click.option(
    "--seeds",
    type=click.IntRange(2, 1000),
    default=3,
    show_default=True,
    help="Trainings of each tip and of the baseline.",
)
@click.option(
    "--epochs", type=click.IntRange(1, 10_000), default=20, show_default=True, help="Of each."
)
@click.option("--data", default="auto", metavar="auto|mnist|digits|PATH", help="The real images.")
@SEED
@OUTPUTS
@JSON
@QUIET
def tips(names: tuple[str, ...], outputs: Path, as_json: bool, quiet: bool, **settings: Any) -> int:
    """Measure the training advice of the texts, over several seeds.

    The baseline is the tutorial; each tip changes one thing of it. Keeps the Fréchet distance,
    the missing digits and the doctor's verdict of each training, and says of each tip whether
    the difference is larger than what seeds alone make. All of them take an hour or two.

    Example: mnist-gan lab tips --tip dropout --tip latent --epochs 5
    """
    from mnist_gan.lab.tips.experiment import tips as command

    return command(names, settings, outputs, as_json=as_json, quiet=quiet)


def _overrides(settings: tuple[str, ...], flags: dict[str, Any]) -> dict[str, Any]:
    """Return --set and then the flags as one mapping of dotted keys to values."""
    from mnist_gan.config.loading import parse_setting

    overrides = dict(parse_setting(setting) for setting in settings)
    keys = {
        "epochs": "training.epochs",
        "batch_size": "training.batch_size",
        "seed": "training.seed",
        "data": "data.source",
        "digits": "data.digits",
        "name": "name",
    }
    return overrides | {keys[flag]: value for flag, value in flags.items() if value is not None}
