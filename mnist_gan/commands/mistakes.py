"""One sentence for a command line that cannot be read."""

import re
from collections.abc import Iterator
from pathlib import Path

import click

from mnist_gan.support.suggestions import choices, near_names, near_settings

EXTRA = re.compile(r"Got unexpected extra arguments? \((.*)\)$")
UNKNOWN = re.compile(r"No such command '(.*)'\.$")


def sentence(error: click.UsageError) -> str:
    """Return what came, what is allowed, and how to go on."""
    context, message = error.ctx, error.message
    if context is None:
        return error.format_message()
    if isinstance(error, click.NoSuchOption):
        return _unknown_option(error.option_name, context)
    if unknown := UNKNOWN.match(message):
        return _unknown_command(unknown[1], context)
    if extra := EXTRA.match(message):
        return _extra_argument(extra[1], context)
    return " ".join(error.format_message().split())  # click lists choices on lines of their own


def _unknown_option(name: str, context: click.Context) -> str:
    """Name the options that are near, and the settings for which there is --set."""
    options = list(_options(context.command))
    near = near_names(name, options)
    if "--set" in options:
        near += [f"--set {key}=..." for key in near_settings(name.lstrip("-"), _settings())]
    hint = f"did you mean {choices(near)}?" if near else f"{_help(context)} lists all there are."
    return f"No such option '{name}'; {hint}"


def _unknown_command(name: str, context: click.Context) -> str:
    """Name the commands that are near, else all of them."""
    commands = list(_commands(context.command))
    near = near_names(name, commands)
    near += [other for other in commands if other.endswith(f" {name}") and other not in near]
    if near:
        return f"No such command '{name}'; did you mean {choices(near)}?"
    known = ", ".join(other for other in commands if " " not in other)
    return f"No such command '{name}'; there are {known}."


def _extra_argument(text: str, context: click.Context) -> str:
    """Say what an argument too many may have meant."""
    command, options = context.command_path, list(_options(context.command))
    name = text.split(maxsplit=1)[0]
    if "--config" in options and "--resume" in options:
        return f"{command} takes options only, not '{name}'; {_option_for(name, context)}"
    arguments = [part for part in context.command.params if isinstance(part, click.Argument)]
    taken = " ".join(part.human_readable_name for part in arguments)
    allowed = f"at most one {taken}" if taken else "no argument"
    return f"{command} takes {allowed}; '{text}' is too many, see {_help(context)}."


def _option_for(name: str, context: click.Context) -> str:
    """Return what to write instead of an argument to a command that takes options only."""
    from mnist_gan.config.loading import shipped_configs

    command = context.command_path
    if name.isdecimal():
        return f"--resume {name} goes on with run {name}, --epochs {name} sets how long to train."
    if name in shipped_configs() or name.endswith((".yaml", ".yml")):
        return f"to train with that config: {command} --config {name}"
    if _is_run(name, context.params.get("outputs")):
        return f"to go on with that run: {command} --resume {name}"
    key, sign, value = name.partition("=")
    if sign and (keys := near_settings(key, _settings())):
        return f"did you mean {choices([f'--set {key}={value}' for key in keys])}?"
    if near := near_names(name, shipped_configs()):
        return f"did you mean {choices([f'--config {config}' for config in near])}?"
    return f"--config names a recipe, --resume a run, see {_help(context)}."


def _is_run(name: str, outputs: Path | None) -> bool:
    """Say whether there is a run of this name or folder."""
    from mnist_gan.runs import find_run
    from mnist_gan.support.errors import UserError
    from mnist_gan.support.paths import outputs_folder

    try:
        find_run(name, outputs or outputs_folder())
    except (UserError, OSError):
        return False
    return True


def _settings() -> list[str]:
    """Return the dotted names of all settings."""
    from mnist_gan.config.loading import flat
    from mnist_gan.config.schema import Config

    return list(flat(Config()))


def _options(command: click.Command) -> Iterator[str]:
    """Yield the long options that a command takes, but --help, which nobody mistypes."""
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            yield from (name for name in parameter.opts if name.startswith("--"))


def _commands(group: click.Command, prefix: str = "") -> Iterator[str]:
    """Yield the names of a group's commands, and of those in the groups within it."""
    for name, command in (group.commands if isinstance(group, click.Group) else {}).items():
        yield prefix + name
        yield from _commands(command, f"{prefix}{name} ")


def _help(context: click.Context) -> str:
    """Return the command that prints the help."""
    return f"{context.command_path} --help"
