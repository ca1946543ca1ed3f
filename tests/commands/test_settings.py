"""Settings, recipes and completion, listed for people."""

import os
import re

import pytest

from mnist_gan.config.listing import recipes, settings
from mnist_gan.config.loading import flat, load_config, parse_setting, shipped_configs
from mnist_gan.config.schema import Config
from tests.conftest import COMMAND, installed, mnist_gan, refusal


def test_every_setting_is_listed_with_its_default():
    """The list is that of the schema, in its order, and each default is what --set would take."""
    listed = list(settings())
    assert [one.name for one in listed] == list(flat(Config()))
    overrides = dict(parse_setting(f"{one.name}={one.default}") for one in listed)
    assert load_config("smoke", overrides) == Config()
    assert all(one.allowed and one.meaning for one in listed)


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("generator.dropout", "a number from 0 below 1"),
        ("training.batch_size", "a whole number from 1 to 65,536"),
        ("training.decay_epochs", "a whole number from 1 to 1,000,000, or null"),
        ("noise.distribution", "normal, uniform, normal+categorical"),
        ("discriminator.penalty_kind", "r1_r2, wgan_gp"),
        ("generator.widths", "a list of 1 to 10, each a whole number from 1 to 8,192"),
        ("training.momentum", "[a number from 0 below 1, a number from 0 below 1]"),
        ("training.conditional", "true or false"),
    ],
)
def test_what_is_allowed_is_said_in_words(name, allowed):
    """Ranges, choices and lists read as people would say them."""
    assert next(one.allowed for one in settings() if one.name == name) == allowed


def test_settings_are_found_by_name_and_meaning(tmp_path):
    """A pattern finds what has it in its name or meaning, and lines keep to the terminal."""
    found = mnist_gan("settings", "R1", cwd=tmp_path, COLUMNS="60")
    assert found.returncode == 0
    assert found.stdout.startswith("discriminator.penalty_kind = r1_r2\n    input gradients of 0")
    everything = mnist_gan("settings", cwd=tmp_path, COLUMNS="60").stdout.splitlines()
    assert len([line for line in everything if " = " in line[:60]]) == len(flat(Config()))
    assert max(map(len, everything)) <= 60


def test_a_pattern_without_a_match_names_what_is_near(tmp_path):
    """A mistyped name is answered with the settings it may have meant."""
    said = refusal("settings", "learningrate", cwd=tmp_path)
    assert "did you mean 'generator.learning_rate' or 'discriminator.learning_rate'?" in said
    assert "lists all of them" in refusal("settings", "xyz", cwd=tmp_path)


def test_recipes_say_what_they_are_for(tmp_path):
    """Each shipped config has a purpose, a time and what it reaches."""
    listed = mnist_gan("recipes", cwd=tmp_path).stdout
    for recipe in recipes():
        assert re.search(rf"^{recipe.name}\n    {re.escape(recipe.purpose[:20])}", listed, re.M)
    assert [recipe.name for recipe in recipes()] == shipped_configs()
    assert listed.count("time: ") == listed.count("reaches: ") == len(shipped_configs())


@pytest.mark.parametrize(
    ("typed", "expected"), [("mnist-gan tr", "train"), ("mnist-gan train --da", "--data")]
)
def test_bash_completes_commands_and_options(tmp_path, typed, expected):
    """The printed script asks the command itself, which knows its commands and options."""
    assert (
        "_MNIST_GAN_COMPLETE=bash_complete" in mnist_gan("completion", "bash", cwd=tmp_path).stdout
    )
    words = {"COMP_WORDS": typed, "COMP_CWORD": str(len(typed.split()) - 1)}
    path = f"{COMMAND.parent}:{os.environ['PATH']}"
    asked = installed(cwd=tmp_path, PATH=path, _MNIST_GAN_COMPLETE="bash_complete", **words)
    assert f"plain,{expected}" in asked.stdout.splitlines()


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_have_their_scripts(tmp_path, shell):
    """Zsh and fish get scripts of their own; another shell is refused with those there are."""
    assert f"{shell}_complete" in mnist_gan("completion", shell, cwd=tmp_path).stdout
    assert "bash" in refusal("completion", "tcsh", cwd=tmp_path)
