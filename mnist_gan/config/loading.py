"""Settings from YAML and from key=value, with a sentence for every mistake."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from mnist_gan.config.names import RENAMED, SHORT, renamed
from mnist_gan.config.schema import Config, Section, brief
from mnist_gan.config.yaml_text import load_yaml
from mnist_gan.support.errors import UserError
from mnist_gan.support.reading import read_bytes, reading
from mnist_gan.support.suggestions import choices, near_names, near_settings
from mnist_gan.support.text import printable

S = TypeVar("S", bound=Section)
LARGEST_FILE = 100_000  # bytes; no config of ours comes near
PATH = 120  # characters of a path in a sentence
LONGEST_KEY = 100  # characters of an unknown key that are compared with those there are
PLAINLY = {  # what pydantic says in the words of programmers
    "model_type": "it should be a section with keys of its own",
    "tuple_type": "it should be a list, as in [3, 7]",
    "too_short": "it should hold at least {min_length}",
    "too_long": "it should hold at most {max_length}",
    "string_pattern_mismatch": "letters and digits will do, then also '.', '_', '-', 64 in all",
}


def shipped_configs() -> list[str]:
    """Return the names of the configs that come with the package."""
    return sorted(path.stem for path in _configs_folder().glob("*.yaml"))


def load_config(
    reference: str | Path | Config = "tutorial", overrides: Mapping[str, Any] | None = None
) -> Config:
    """Return a config with some settings changed.

    Args:
        reference: A shipped config by name, a YAML file, or a Config.
        overrides: New values by dotted names, such as `"training.epochs"`.

    Raises:
        UserError: For a file that is missing or no YAML mapping, an unknown name, or a value that
            is not allowed.
    """
    if isinstance(reference, Config):
        tree, name = reference.model_dump(), reference.name
    else:
        name = str(reference)
        tree = renamed(_parse(read_text(name), name), name)
    changes = {RENAMED.get(key, key): value for key, value in (overrides or {}).items()}
    for key, value in changes.items():
        _lay(tree, key, value)
    return _validate(renamed(tree, name), name, tuple(changes))


def dotted(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings as Python's keyword arguments give them under their dotted names.

    >>> dotted({"epochs": 5, "generator__slope": 0.1, "discriminator": {"dropout": 0.2}})
    {'training.epochs': 5, 'generator.slope': 0.1, 'discriminator.dropout': 0.2}
    """
    found: dict[str, Any] = {}
    for key, value in settings.items():
        name = SHORT.get(key, key.replace("__", "."))
        found |= dict(_flatten(value, f"{name}.")) if isinstance(value, Mapping) else {name: value}
    return found


def parse_setting(text: str) -> tuple[str, Any]:
    """Return the dotted key and the YAML value of `key=value`, as `--set` takes it."""
    key, value = split_setting(text)
    try:
        return key, load_yaml(value)
    except yaml.YAMLError:
        raise UserError(
            f"'{printable(value)}' is no YAML value for --set {printable(key)}."
        ) from None


def split_setting(text: str) -> tuple[str, str]:
    """Return the dotted key and the text behind the = of `key=value`."""
    key, sign, value = text.partition("=")
    if not sign or not key.strip():
        raise UserError(
            f"--set takes section.key=value, as in training.epochs=20, not '{printable(text)}'."
        )
    return key.strip(), value


def dump_config(config: Config) -> str:
    """Return the config as YAML that `load_config` reads back unchanged."""
    return dump_settings(config.model_dump(mode="json"))


def dump_settings(settings: Mapping[str, Any]) -> str:
    """Return plain settings as YAML, in their order."""
    return yaml.safe_dump(dict(settings), sort_keys=False, default_flow_style=None)


def flat(config: Config) -> dict[str, str]:
    """Return every setting under its dotted name, as text."""
    return {key: str(value) for key, value in _flatten(config.model_dump(mode="json"))}


def differences(old: Config, new: Config) -> list[str]:
    """Return a line `key: old -> new` for each setting in which two configs differ.

    Args:
        old: The config before.
        new: The config after.
    """
    before, after = dict(_flatten(old.model_dump())), dict(_flatten(new.model_dump()))
    return [f"{key}: {before[key]} -> {after[key]}" for key in before if before[key] != after[key]]


def resolved(config: Config, backend: str, precision: str, decay_epochs: int | None) -> Config:
    """Return the config with values where it leaves the choice to the program.

    Args:
        config: The config.
        backend: What stands for the backend "auto".
        precision: What stands for the precision "auto".
        decay_epochs: What stands for `decay_epochs: null`.
    """
    settings = config.training
    choices: dict[str, Any] = {}
    if settings.backend == "auto":
        choices["backend"] = backend
    if settings.precision == "auto":
        choices["precision"] = precision
    if settings.decay_epochs is None:
        choices["decay_epochs"] = decay_epochs
    return config.with_training(**choices)


def _configs_folder() -> Path:
    """Return the folder of the shipped configs: in the package, or in a checkout beside it."""
    package = Path(__file__).parents[1]
    installed = package / "configs"
    return installed if installed.is_dir() else package.parent / "configs"


def read_text(reference: str) -> str:
    """Return the text of a shipped config or of a file."""
    if re.fullmatch(r"\w+", reference) and reference in shipped_configs():
        return (_configs_folder() / f"{reference}.yaml").read_text("utf-8")
    path = Path(reference)
    with reading(path, "text file; a config is YAML in UTF-8"):
        if path.is_file():
            return read_bytes(path, LARGEST_FILE).decode("utf-8")
    known, near = ", ".join(shipped_configs()), near_names(path.stem, shipped_configs())
    hint = f" (did you mean {choices(near)}?)" if near else ""
    raise UserError(
        f"There is no config '{printable(reference, PATH)}'{hint}: name one of {known}, or a YAML "
        "file."
    )


def _parse(text: str, reference: str) -> dict[str, Any]:
    """Return the mapping that YAML text holds."""
    try:
        tree = load_yaml(text)
    except yaml.YAMLError as error:
        place = ""
        if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
            place = f" at line {error.problem_mark.line + 1}: {error.problem}"
        raise UserError(f"{printable(reference, PATH)} is no valid YAML{place}.") from None
    if tree is None:
        return {}
    if not isinstance(tree, dict):
        raise UserError(
            f"{printable(reference, PATH)} holds no settings; it should read like 'training:' and "
            "keys."
        )
    return tree


def _lay(tree: dict[str, Any], dotted: str, value: Any) -> None:
    """Lay one dotted override over a tree of settings."""
    *sections, key = dotted.split(".", 2)  # no key has more dots, and a person could give thousands
    for section in sections:
        tree = tree.setdefault(section, {})
        if not isinstance(tree, dict):
            raise UserError(
                f"{printable(dotted)} cannot be set: {printable(section)} is {brief(tree)}, no "
                "section."
            )
    tree[key] = value


def checked(section: type[S], **values: Any) -> S:
    """Return a section of a config with these values. Raises UserError as `load_config` does."""
    try:
        return section.model_validate(values)
    except ValidationError as error:
        key, complaint = _first_fault(error)
        if complaint:
            raise UserError(f"{key} is {brief(error.errors()[0]['input'])}: {complaint}.") from None
        known = ", ".join(section.model_fields)
        raise UserError(f"Unknown setting '{key}'; there are {known}.") from None


def _validate(tree: dict[str, Any], reference: str, overridden: tuple[str, ...]) -> Config:
    """Return the tree as a Config, or raise one sentence about its first fault."""
    try:
        return _playable(Config.model_validate(tree))
    except ValidationError as error:
        key, complaint = _first_fault(error)
        place = "" if key.startswith(overridden) else f" in {printable(reference, PATH)}"
        if not complaint:
            raise UserError(
                f"Unknown setting '{printable(key)}'{place}{_nearest(key[:LONGEST_KEY])}"
            ) from None
        value = brief(error.errors()[0]["input"])
        raise UserError(f"{printable(key)} is {value}{place}: {complaint}.") from None


def _first_fault(error: ValidationError) -> tuple[str, str]:
    """Return the dotted name of the first setting that is wrong, and why; "" if it is unknown."""
    fault = error.errors(include_url=False)[0]
    key = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "extra_forbidden":
        key, _ = next(_flatten({key: fault["input"]}), (key, None))  # in an unknown section
        return key, ""
    said = fault["msg"].removeprefix("Value error, ")
    plainly = PLAINLY.get(fault["type"], "").format(**fault.get("ctx", {}))
    return key, plainly or said[0].lower() + said[1:]


def _playable(config: Config) -> Config:
    """Return the config, or refuse settings that are fine by themselves, but not together."""
    g, d, training = config.generator, config.discriminator, config.training
    if (g.batch_norm or d.batch_norm) and training.batch_size == 1:
        raise UserError(
            "batch_norm compares the images of a batch, but training.batch_size is 1; make it 2 or "
            "more."
        )
    if d.batch_norm and len(d.widths) == 1:
        raise UserError(
            "discriminator.batch_norm leaves out the layer that sees the images, and this "
            "discriminator has no other; give discriminator.widths a second."
        )
    if d.batch_norm and any(d.penalty):
        raise UserError(
            "discriminator.penalty is on the gradient of each image alone, but with "
            "discriminator.batch_norm all images of a batch count; take "
            "discriminator.spectral_norm instead, or leave out one of them."
        )
    if training.conditional and d.architecture == "convolutional" and len(d.widths) == 2:
        raise UserError(
            "training.conditional tells both networks the digit, for which this discriminator has "
            "no hidden layer; give discriminator.widths a third, or leave it out."
        )
    return config


def _nearest(key: str) -> str:
    """Return a hint at the valid keys or the section most like `key`, and end the sentence."""
    found = near_settings(key, list(flat(Config()))) or near_names(key, Config.model_fields)
    everywhere = "; all there are stand in what mnist-gan train --dry-run prints."
    return f"; did you mean {choices(found)}?" if found else everywhere


def _flatten(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the leaves of nested settings under dotted names."""
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
