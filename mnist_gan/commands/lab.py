"""`mnist-gan lab`: the experiments of the texts that teach GANs."""

from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from mnist_gan.commands.options import (
    DATA,
    EPOCHS,
    JSON,
    OUTPUTS,
    QUIET,
    SEED,
    SET,
    Group,
    Number,
    overrides,
)

SHAPES = ["normal", "uniform", "exponential", "mixture"]


class ShapeOrOwn(click.ParamType):  # type: ignore[type-arg]  # click 8.1 has no arguments
    """The name of a shape; what reads like a formula or a file is passed on."""

    name = "target"
    _shapes = click.Choice(SHAPES)

    def convert(
        self, value: Any, parameter: click.Parameter | None, context: click.Context | None
    ) -> Any:
        """Return the target's text, or tell the person."""
        if isinstance(value, str) and ("(" in value or value.lower().endswith(".csv")):
            return value
        return self._shapes.convert(value, parameter, context)

    def shell_complete(
        self, context: click.Context, parameter: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the shapes that begin with what was typed."""
        return self._shapes.shell_complete(context, parameter, incomplete)


@click.group(cls=Group)
def lab() -> None:
    """Experiments of the texts that teach GANs, with their figures and numbers.

    Example: mnist-gan lab gaussian --runs 10
    """


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
    type=ShapeOrOwn(),
    default="normal",
    show_default=True,
    metavar="SHAPE|FORMULA|FILE.csv",
    help="The density to learn: normal, uniform, exponential, mixture; a sum as in "
    '"0.3*N(0,1)+0.7*N(4,0.5)"; or a file with a number a line.',
)
@click.option("--mean", type=Number(-1e6, 1e6), help="Of a shape by name. [default: 4]")
@click.option(
    "--std",
    type=Number(0, 1e6, min_open=True),
    help="Standard deviation of a shape by name. [default: 1.25]",
)
@SET
@click.option(
    "--rounds",
    type=click.IntRange(1, 1_000_000),
    help="Of training, rounded up to a multiple of 50. [default: the recipe's]",
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
def gaussian(
    outputs: Path, changes: tuple[str, ...], *, as_json: bool, quiet: bool, **settings: Any
) -> int:
    """Learn a density on the line from uniform noise.

    Keeps the density as training goes (film and picture), its moments, and the last 10,000
    samples of each run, below seed-N/, and a page in which the game goes on live. --set changes
    one setting of the recipe, as in --set objective=minimax.

    Example: mnist-gan lab gaussian --target "0.3*N(0,1)+0.7*N(4,0.5)"
    """
    from mnist_gan.lab.gaussian.experiment import gaussian as command

    given = [name for name in ("mean", "std") if settings[name] is not None]
    if given and settings["target"] not in SHAPES:
        raise click.UsageError(
            f"--target {settings['target']} has its own; leave out --{given[0]}."
        )
    settings["mean"] = 4.0 if settings["mean"] is None else settings["mean"]
    settings["std"] = settings["std"] or 1.25
    settings["changes"] = overrides(changes, {})
    return command(settings, outputs, as_json=as_json, quiet=quiet)


@lab.command()
@OUTPUTS
@click.option(
    "--output", type=Path, metavar="FILE", help="The .html file. [default: below --outputs]"
)
@click.option("--no-open", is_flag=True, help="Print the path and open no browser.")
def play(outputs: Path, output: Path | None, no_open: bool) -> int:
    """Write the game of two networks as a page and open it.

    Small networks train in the browser, on the line or on the plane: step by step, with curves,
    switches, presets that show each failure, and a real density that you draw. One file, which
    needs no server and no network.

    Example: mnist-gan lab play --output game.html
    """
    from mnist_gan.lab.play.page import write_game
    from mnist_gan.support.browser import show_page
    from mnist_gan.support.console import print_path, say

    path = write_game(outputs, output)
    print_path(path)
    say('Press Play, then choose under "Look at" how the game fails.')
    if not no_open:
        show_page(path)
    return 0


@lab.command()
@SEED
@OUTPUTS
@JSON
@QUIET
def theory(outputs: Path, as_json: bool, quiet: bool, **settings: Any) -> int:
    """See what the paper of 2014 proves, beside what networks do.

    The best discriminator, the value of the game, divergences, the gradients of both generator
    losses, and the paper's first figure from a real game. Takes two minutes; the last
    lines say how long it took.

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
@SET
@EPOCHS
@click.option("--data", metavar=DATA, help="The real images.")
@click.option(
    "--seed", type=click.IntRange(0, 2**31 - 1), help="Of the training, and of the digits drawn."
)
@OUTPUTS
@JSON
@QUIET
def paper(
    model: str | None,
    reference: str | None,
    changes: tuple[str, ...],
    outputs: Path,
    *,
    as_json: bool,
    quiet: bool,
    **flags: Any,
) -> int:
    """Repeat the MNIST experiment of Goodfellow et al. 2014.

    MODEL is a run or a .keras file; left out, one is trained first. Its digits are measured as in
    the paper (Parzen windows), beside the paper's table and baselines, and shown with
    their nearest training images and on walks from one digit to another.

    Example: mnist-gan lab paper --config fast --epochs 20
    """
    from mnist_gan.lab.paper.experiment import paper as command

    if model and (reference or changes or flags["epochs"]):
        raise click.UsageError(f"{model} is trained; --config, --set and --epochs train another.")
    return command(
        model,
        reference or "goodfellow2014",
        overrides(changes, flags),
        {"data": flags["data"], "seed": flags["seed"] or 0},
        outputs,
        as_json=as_json,
        quiet=quiet,
    )


@lab.command()
@click.option(
    "--tip",
    "names",
    type=click.Choice(
        ["smoothing", "rates", "faster_g", "warmup", "steps", "freezing", "dropout", "latent"]
    ),
    multiple=True,
    help="Which; may be given several times. [default: all]",
)
@click.option(
    "--seeds",
    type=click.IntRange(2, 1000),
    help="Trainings of each tip and of the baseline. [default: 3]",
)
@click.option("--epochs", type=click.IntRange(1, 10_000), help="Of each. [default: 20]")
@click.option("--data", metavar=DATA, help="The real images. [default: auto]")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), help="The first seed. [default: 0]")
@click.option("--jobs", type=click.IntRange(1, 256), help="Trainings at once.")
@click.option("--resume", "reference", metavar="RUN", help="Go on with tips: number or folder.")
@OUTPUTS
@JSON
@QUIET
def tips(
    names: tuple[str, ...],
    reference: str | None,
    outputs: Path,
    jobs: int | None,
    *,
    as_json: bool,
    quiet: bool,
    **settings: Any,
) -> int:
    """Measure the training advice of the texts, over several seeds.

    A sweep with a page of its own. Its baseline is the tutorial; each tip changes one thing of it.
    Keeps the Fréchet distance, the missing digits and the diagnosis of each training, and says of
    each tip whether the difference is larger than what seeds alone make. All of them
    take hours; Ctrl-C saves them, and --resume goes on.

    Example: mnist-gan lab tips --tip dropout --tip latent --epochs 5
    """
    from mnist_gan.lab.tips import experiment

    given = {name: value for name, value in settings.items() if value is not None}
    if reference:
        if names or given:
            option = "tip" if names else next(iter(given))
            raise click.UsageError(
                f"--resume goes on with tips as they were planned; leave out --{option}."
            )
        return experiment.resume(reference, outputs, jobs, as_json=as_json, quiet=quiet)
    chosen = {"seeds": 3, "epochs": 20, "data": "auto", "seed": 0} | given
    return experiment.tips(names, chosen, outputs, jobs, as_json=as_json, quiet=quiet)
