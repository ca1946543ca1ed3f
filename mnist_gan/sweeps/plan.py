"""What a sweep trains: every combination of the values of its settings, with every seed."""

import itertools
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import yaml

from mnist_gan.config.loading import load_config, split_setting
from mnist_gan.config.schema import Config
from mnist_gan.config.yaml_text import load_yaml
from mnist_gan.support.errors import UserError
from mnist_gan.support.text import printable
from mnist_gan.sweeps.record import MOST, Training

SEED = "training.seed"
LONGEST_NAME = 48  # characters of a variant's name: with its seed, see the pattern of Config.name
LARGEST_SEED = 2**31 - 1


class Variant(NamedTuple):
    """Settings that are trained with every seed."""

    name: str  # part of the names of its run folders
    settings: dict[str, Any]  # those that differ between variants, by dotted names


def seeds_of(text: str) -> list[int]:
    """Return the seeds that text such as 0-4,7 names, in its order.

    Raises:
        UserError: Where it names none, one twice, or too many.

    >>> seeds_of("0-2,7")
    [0, 1, 2, 7]
    """
    seeds: list[int] = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,10})\s*(?:-\s*(\d{1,10})\s*)?", part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if not first <= last <= LARGEST_SEED:
            raise UserError(
                f"--seeds takes seeds and ranges of them, as in 0-4,7; '{part}' is neither."
            )
        if len(seeds) + last - first >= MOST:
            raise UserError(
                f"--seeds {text} names more than {MOST:,} seeds, the most there can be."
            )
        seeds.extend(range(first, last + 1))
    if len(set(seeds)) < len(seeds):
        raise UserError(f"--seeds {text} names a seed twice; name each once.")
    return seeds


def values_of(text: str) -> tuple[str, list[Any]]:
    """Return the dotted key and the values of `key=value,value`, as a sweep takes it.

    A value that contains commas is written in brackets.

    Raises:
        UserError: Where it is no such text, or has a value twice.

    >>> values_of("generator.widths=[256, 512],[128]")
    ('generator.widths', [[256, 512], [128]])
    """
    key, value = split_setting(text)
    try:
        values = load_yaml(f"[{value}]" if "," in value else value)
    except yaml.YAMLError:
        raise UserError(
            f"'{printable(value)}' is no YAML value for --set {printable(key)}."
        ) from None
    values = values if "," in value else [values]
    if any(value in values[:place] for place, value in enumerate(values)):
        raise UserError(f"--set {printable(text)} has a value twice; name each once.")
    return key, values


def variants_of(choices: Mapping[str, Sequence[Any]]) -> list[Variant]:
    """Return every combination of the values of settings, or some that are too many for a sweep.

    Args:
        choices: Two values or more of each setting that differs, by dotted names.

    >>> [variant.settings for variant in variants_of({"a": [1, 2], "b": [3]})]
    [{'a': 1, 'b': 3}, {'a': 2, 'b': 3}]
    """
    combinations = itertools.islice(itertools.product(*choices.values()), MOST + 1)
    found = [dict(zip(choices, values, strict=True)) for values in combinations]
    return [Variant(_name(settings, place), settings) for place, settings in enumerate(found, 1)]


def trainings(base: Config, seeds: Sequence[int], variants: Sequence[Variant]) -> list[Training]:
    """Return the trainings of a sweep: all variants with the first seed, then with the next.

    Args:
        base: The config that all share.
        seeds: Their seeds.
        variants: Their settings.

    Raises:
        UserError: Where there are too many, or a value is not allowed.
    """
    if len(seeds) * len(variants) > MOST:
        raise UserError(
            f"These are more than {MOST:,} trainings, the most of one sweep; name fewer values."
        )
    planned = [
        Training(
            number=number,
            name="-".join(part for part in (variant.name, f"seed-{seed}") if part),
            seed=seed,
            settings=variant.settings,
        )
        for number, (seed, variant) in enumerate(itertools.product(seeds, variants), 1)
    ]
    for training in planned[: len(variants)]:
        config_of(base, training)  # refuses what is not allowed
    return planned


def config_of(base: Config, training: Training) -> Config:
    """Return the config of one training of a sweep.

    Args:
        base: The config that all share.
        training: The training.

    Raises:
        UserError: Where one of its settings is not allowed.
    """
    return load_config(base, training.settings | {SEED: training.seed, "name": training.name})


def shared(config: Config) -> str:
    """Return all settings but the name and the seed, as text."""
    return config.model_copy(update={"name": ""}).with_training(seed=0).model_dump_json()


def _name(settings: Mapping[str, Any], place: int) -> str:
    """Return the name of a variant: the settings that differ, or its place where that is long."""
    parts = [f"{key.rpartition('.')[2]}-{value}" for key, value in settings.items()]
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", "-".join(parts))
    return name if len(name) <= LONGEST_NAME else f"settings-{place}"
