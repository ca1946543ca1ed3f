"""A sweep's plan: seeds, values and their combinations, and what is refused."""

import pytest

from mnist_gan.config.loading import load_config
from mnist_gan.support.errors import UserError
from mnist_gan.sweeps.plan import MOST, config_of, seeds_of, trainings, values_of, variants_of

SMOKE = load_config("smoke")


def test_seeds_are_numbers_and_ranges_in_their_order():
    """Ranges include both ends; spaces do not matter."""
    assert seeds_of("7, 0-2,5") == [7, 0, 1, 2, 5]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "'' is neither"),
        ("3-1", "'3-1' is neither"),
        ("-1", "'-1' is neither"),
        ("a", "'a' is neither"),
        ("1,,2", "'' is neither"),
        ("2147483648", "'2147483648' is neither"),
        ("1,0-3", "names a seed twice"),
        ("0-2147483647", f"more than {MOST:,} seeds"),
    ],
)
def test_what_is_no_list_of_seeds_is_refused(text, sentence):
    """One sentence says what is allowed."""
    with pytest.raises(UserError, match=sentence):
        seeds_of(text)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("discriminator.dropout=0.3", [0.3]),
        ("discriminator.dropout=0.0,0.3", [0.0, 0.3]),
        ("training.objective=hinge, minimax", ["hinge", "minimax"]),
        ("generator.widths=[16],[16, 32]", [[16], [16, 32]]),
        ("training.conditional=true", [True]),
    ],
)
def test_values_are_yaml_separated_by_commas(text, values):
    """A value with commas of its own stands in brackets."""
    assert values_of(text) == (text.partition("=")[0], values)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("discriminator.dropout", "takes section.key=value"),
        ("discriminator.dropout=0.1,0.1", "a value twice"),
        ("generator.widths=[16],[32", "no YAML value"),
    ],
)
def test_what_is_no_setting_is_refused(text, sentence):
    """One sentence says what is wrong."""
    with pytest.raises(UserError, match=sentence):
        values_of(text)


def test_every_combination_is_trained_with_every_seed():
    """All settings come with the first seed before any comes with the second."""
    choices = {"discriminator.dropout": [0.0, 0.3], "training.objective": ["hinge", "minimax"]}
    planned = trainings(SMOKE, [4, 5], variants_of(choices))
    assert [each.number for each in planned] == list(range(1, 9))
    assert [each.seed for each in planned] == [4] * 4 + [5] * 4
    assert [each.settings for each in planned[:4]] == [each.settings for each in planned[4:]]
    assert planned[1].folder == "0002-dropout-0.0-objective-minimax-seed-4"
    config = config_of(SMOKE, planned[6])
    assert (config.training.seed, config.discriminator.dropout) == (5, 0.3)
    assert config.training.objective == "hinge"
    assert config.name == planned[6].name


def test_names_too_long_for_a_folder_count_the_settings():
    """Two trainings never share a name."""
    choices = {"generator.widths": [[1000] * 9, [2000] * 9], "discriminator.widths": [[1111] * 9]}
    names = [each.name for each in trainings(SMOKE, [0, 1], variants_of(choices))]
    assert names == [f"settings-{place}-seed-{seed}" for seed in (0, 1) for place in (1, 2)]


def test_a_value_that_is_not_allowed_is_refused_before_anything_is_trained():
    """Each combination is checked."""
    with pytest.raises(UserError, match=r"discriminator\.dropout"):
        trainings(SMOKE, [0], variants_of({"discriminator.dropout": [0.0, 3.0]}))


def test_a_sweep_has_an_end():
    """Too many combinations are refused, whichever way they come about."""
    values = {"training.epochs": list(range(1, 200)), "training.batch_size": list(range(1, 200))}
    with pytest.raises(UserError, match="more than 10,000 trainings"):
        trainings(SMOKE, [0], variants_of(values))
