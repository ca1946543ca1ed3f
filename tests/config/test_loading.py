"""The list of settings: what it takes, what it refuses, and in which words."""

import contextlib
import os
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from mnist_gan.config.loading import (
    LARGEST_FILE,
    differences,
    dump_config,
    load_config,
    parse_setting,
    shipped_configs,
)
from mnist_gan.config.schema import Config, Data
from mnist_gan.support.errors import UserError
from mnist_gan.support.suggestions import SYNONYMS, choices

CONFIGS = Path(__file__).parents[2] / "configs"
SHARES = [0.0, 0.999], [-0.001, 1.0]
RANGES = {  # key: taken, refused
    "data.classes": ([None, ["0"], ["9", "cat"]], [[], [True], [3.5], list(range(257))]),
    "data.grey": ([False, True], [0]),
    "data.resize": ([False, True], [1]),
    "data.invert": ([False, True], ["yes"]),
    "data.transpose": ([False, True], [None]),
    "data.holdout": ([0, 1000, 10**9], [-5, 1, 999, None]),
    "noise.distribution": (["normal", "uniform", "normal+categorical"], ["cauchy", None]),
    "noise.latent_size": ([1, 4096], [0, 4097]),
    "generator.widths": ([[1], [8192] * 10], [[], [0], [8193], [8] * 11]),
    "generator.slope": SHARES,
    "generator.dropout": SHARES,
    "generator.batch_norm": ([False, True], ["yes", 1, None]),
    "generator.spectral_norm": ([False, True], ["yes", 1, None]),
    "generator.upsampling": (["transposed"], ["nearest", "bilinear", None]),
    "discriminator.batch_norm": ([True, False], ["yes", 1, None]),
    "discriminator.spectral_norm": ([False, True], ["yes", 1, None]),
    "generator.output": (["tanh", "sigmoid"], ["linear", None]),
    "generator.init_range": ([None, 1e-6, 10.0], [0.0, 10.1]),
    "generator.init_bias_to_mean": ([False, True], ["yes", 1, None]),
    "generator.learning_rate": ([0.0, 1.0], [-1e-9, 1.001]),
    "generator.beta_1": SHARES,
    "discriminator.widths": ([[1], [8192] * 10], [[], [0], [8193], [8] * 11]),
    "discriminator.slope": SHARES,
    "discriminator.dropout": SHARES,
    "discriminator.input_dropout": SHARES,
    "discriminator.maxout_pieces": ([1, 16], [0, 17]),
    "generator.architecture": (["dense"], ["conv", None]),
    "discriminator.architecture": (["dense"], ["conv", None]),
    "discriminator.subtract_mean": ([False, True], ["yes", 1, None]),
    "training.conditional": ([True, False], ["yes", 1, None]),
    "discriminator.init_range": ([None, 1e-6, 10.0], [0.0, 10.1]),
    "discriminator.learning_rate": ([0.0, 1.0], [-1e-9, 1.001]),
    "discriminator.beta_1": SHARES,
    "discriminator.updates_per_generator_update": ([1, 100], [0, 101]),
    "discriminator.pretrain_steps": ([0, 100_000], [-1, 100_001]),
    "generator.beta_2": SHARES,
    "generator.ema_decay": SHARES,
    "discriminator.beta_2": SHARES,
    "discriminator.penalty": (
        [[0.0, 0.0], [15.0, 1.0], [1e6, 1e-3]],
        [[0.0], [1.0, 0.0], [0.0, 1.0], [-1.0, 1.0], [1.0, 1e7], 3.0],
    ),
    "discriminator.penalty_kind": (["r1_r2", "wgan_gp"], ["one", None]),
    "training.objective": (
        ["non_saturating", "minimax", "least_squares", "hinge", "wasserstein", "relativistic"],
        ["saturating", None],
    ),
    "training.optimizer": (["adam", "sgd"], ["lion", None]),
    "training.momentum": ([[0.5, 0.7], [0.0, 0.999]], [[0.5], [0.5, 1.0], [-0.1, 0.5], 0.5]),
    "training.momentum_epochs": ([1, 1_000_000], [0, 1_000_001]),
    "training.lr_decay": ([1.0, 1.1], [0.999, 1.11]),
    "training.final_lr_fraction": ([1e-6, 1.0], [0.0, 1.01]),
    "training.decay_epochs": ([None, 1, 1_000_000], [0, 1_000_001]),
    "training.epochs": ([1, 1_000_000], [0, 1_000_001]),
    "training.batch_size": ([1, 65_536], [0, 65_537]),
    "training.real_label": ([0.501, 1.0], [0.5, 1.001]),
    "training.seed": ([0, 2**31 - 1], [-1, 2**31]),
    "training.image_every": ([1, 2**31], [0]),
    "training.eval_samples": ([0, 100, 100_000], [-1, 100_001]),
    "training.steps_per_call": ([1, 10_000], [0, 10_001]),
    "training.checkpoint_seconds": ([0.0, 3600.0], [-0.001, 3600.1]),
    "training.precision": (["float32", "mixed_bfloat16", "auto"], ["float64", "bfloat16", 32]),
    "training.backend": (["auto", "tensorflow", "jax"], ["torch", "JAX", 1]),
    "training.device": (["auto", "cpu", "gpu"], ["tpu", "cuda", 0]),
    "training.devices": ([1, 4096, "all"], [0, 4097, "some", True]),
    "training.threads": ([0, 256], [-1, 257]),
}
TAKEN = [(key, value) for key, (taken, _) in RANGES.items() for value in taken]
REFUSED = [(key, value) for key, (_, refused) in RANGES.items() for value in refused]


def leaves(tree: dict, prefix: str = "") -> dict[str, object]:
    """Return the settings of nested sections under dotted keys."""
    found = {}
    for key, value in tree.items():
        nested = isinstance(value, dict)
        found |= leaves(value, f"{prefix}{key}.") if nested else {prefix + key: value}
    return found


def value_of(config: Config, key: str) -> object:
    """Return the setting of a dotted key."""
    return leaves(config.model_dump(mode="json"))[key]


def refusal(path: Path, text: str | bytes) -> str:
    """Return the one sentence with which a file of this content is refused."""
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(UserError) as caught:
        load_config(str(path))
    return one_sentence(caught.value)


def one_sentence(error: UserError) -> str:
    """Return the error's text after checking that it is one short sentence."""
    text = str(error)
    assert "\n" not in text
    assert text[-1] in ".?"
    assert not re.search("value error|after validation", text.lower())  # pydantic's own words
    assert len(text) < 900
    return text


@pytest.fixture
def file(tmp_path):
    """Return the path of a config that is not written yet."""
    return tmp_path / "mine.yaml"


def test_the_tutorial_is_the_list_of_defaults():
    """configs/tutorial.yaml spells out every key there is, each with its default."""
    spelt = yaml.safe_load((CONFIGS / "tutorial.yaml").read_text("utf-8"))
    assert spelt == Config().model_dump(mode="json")
    assert load_config("tutorial") == load_config() == Config()


def test_every_shipped_config_loads():
    """The configs that come with the package are those of configs/, and each is valid."""
    assert shipped_configs() == sorted(path.stem for path in CONFIGS.glob("*.yaml"))
    assert {load_config(name).name for name in shipped_configs()} >= {"tutorial", "smoke"}


@pytest.mark.parametrize("configs", ["mnist_gan/configs", "configs"])
def test_configs_are_found_installed_and_in_a_checkout(configs, tmp_path):
    """A new process finds them in the installed package, and in a checkout beside the package."""
    package = CONFIGS.parent / "mnist_gan"
    shutil.copytree(package, tmp_path / "mnist_gan", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(CONFIGS, tmp_path / configs)
    (tmp_path / configs / "mine.yaml").write_text("name: mine\n")
    code = (
        "import mnist_gan; from mnist_gan.config.loading import shipped_configs\n"
        "print(*shipped_configs(), mnist_gan.load_config('mine').name)"
    )
    result = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert result.stdout.split() == [*sorted([*shipped_configs(), "mine"]), "mine"]


def test_smoke_changes_what_it_names_and_nothing_else():
    """A config holds the defaults wherever it says nothing."""
    spelt = leaves(yaml.safe_load((CONFIGS / "smoke.yaml").read_text("utf-8")))
    changed = {line.partition(":")[0] for line in differences(Config(), load_config("smoke"))}
    assert changed == set(spelt)
    assert all(value_of(load_config("smoke"), key) == value for key, value in spelt.items())


def test_overrides_win_over_the_file_and_the_file_over_the_defaults(file):
    """Defaults < YAML < overrides, key by key, within the same section."""
    file.write_text("training: {epochs: 7, seed: 8}\n")
    config = load_config(str(file), {"training.seed": 9, "data.digits": [3]})
    training = config.training
    assert (training.epochs, training.seed, training.batch_size) == (7, 9, 128)
    assert config.data.classes == ("3",)


def test_an_empty_file_means_the_defaults(file):
    """A file of comments changes nothing."""
    file.write_text("# nothing yet\n")
    assert load_config(str(file)) == Config()


@pytest.mark.parametrize(("key", "value"), TAKEN)
def test_the_edge_of_each_range_is_taken(key, value):
    """The least and the largest value of each setting are valid and arrive unchanged."""
    assert value_of(load_config("tutorial", {key: value}), key) == value


@pytest.mark.parametrize(("key", "value"), REFUSED)
def test_beyond_the_edge_of_each_range_is_refused(key, value):
    """A value just outside its range is refused in a sentence that begins with its key."""
    with pytest.raises(UserError) as caught:
        load_config("tutorial", {key: value})
    assert one_sentence(caught.value).startswith(key)


@pytest.mark.parametrize(
    ("text", "classes"),
    [
        ("0-4,7", ("0", "1", "2", "3", "4", "7")),
        ("7", ("7",)),
        ("9, 2 - 3", ("9", "2", "3")),
        ("[3, 7]", ("3", "7")),
        ("[cat, big dog]", ("cat", "big dog")),
        ("T-shirt,Bag", ("T-shirt", "Bag")),
        ("10-12", ("10", "11", "12")),
    ],
)
@pytest.mark.parametrize("key", ["classes", "digits"])
def test_classes_are_taken_as_ranges_and_lists(file, key, text, classes):
    """A YAML file and --set read ranges, names and lists by one rule, under both names."""
    file.write_text(f"data: {{{key}: {text}}}" if "[" in text else f"data:\n  {key}: {text}\n")
    assert load_config(str(file)).data.classes == classes
    (setting,) = [parse_setting(f"data.{key}={text}")]
    assert load_config("tutorial", dict([setting])).data == Data(classes=classes)


def test_all_ten_digits_of_version_0_1_are_all_classes(file):
    """It wrote them into every config; data with other classes have none of them."""
    file.write_text("data: {digits: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]}")
    assert load_config(str(file)).data.classes is None
    assert load_config(str(file)).data.digits == tuple(range(10))


def test_ranges_of_classes_are_saved_as_a_list():
    """The saved config lists each class, as it does for a list."""
    saved = yaml.safe_load(dump_config(load_config("tutorial", {"data.classes": "0-2,7"})))
    assert saved["data"]["classes"] == ["0", "1", "2", "7"]


@pytest.mark.parametrize(
    ("classes", "complaint"),
    [
        ("4-0", "is '4-0': a range goes up; write 0-4 instead of 4-0."),
        ("3,,4", "is '3,,4': a name is missing beside a comma, as in 0-4,7 or A,B."),
        ("3,", "is '3,': a name is missing beside a comma, as in 0-4,7 or A,B."),
        ("", "is '': it names no class; names and ranges are allowed, as in 0-4,7 or A,B."),
        ("0-300", "is '0-300': from 1 to 256 classes are allowed."),
        ("3,3", "is '3,3': '3' is named twice; name each class once."),
        ("0-4,3", "is '0-4,3': '3' is named twice; name each class once."),
    ],
)
def test_classes_that_cannot_be_read_are_refused_as_typed(classes, complaint):
    """The sentence repeats what was typed and says what is allowed; nothing is dropped."""
    with pytest.raises(UserError) as caught:
        load_config("tutorial", {"data.classes": classes})
    assert one_sentence(caught.value) == f"data.classes {complaint}"


CONVOLUTIONAL = {
    "generator.architecture": "convolutional",
    "generator.widths": [8, 4],
    "discriminator.architecture": "convolutional",
    "discriminator.widths": [4, 8],
}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"generator.widths": [8]}, "generator.widths is .* last two are channels of 7x7"),
        ({"generator.widths": [512, 257, 4]}, "generator.widths is .* at most 256 each"),
        (
            {"generator.init_bias_to_mean": True},
            "generator.init_bias_to_mean is True.*only a dense generator",
        ),
        (
            {"discriminator.widths": [4]},
            "discriminator.widths is .* first two are filters of 14x14",
        ),
        ({"discriminator.widths": [257, 4]}, "discriminator.widths is .* at most 256 each"),
        ({"discriminator.maxout_pieces": 5}, "discriminator.maxout_pieces is 5.* takes 1"),
        ({"discriminator.input_dropout": 0.2}, "discriminator.input_dropout is 0.2.* takes 0.0"),
        ({"training.conditional": True}, "no hidden layer; give discriminator.widths a third"),
    ],
)
def test_what_convolutions_cannot_do_is_refused(changes, sentence):
    """Convolutional networks have other widths than dense ones, and no maxout."""
    assert load_config("tutorial", CONVOLUTIONAL).discriminator.widths == (4, 8)
    with pytest.raises(UserError, match=sentence) as caught:
        load_config("tutorial", {**CONVOLUTIONAL, **changes})
    one_sentence(caught.value)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"generator.upsampling": "nearest"},
            "generator.upsampling is 'nearest'.*only a convolutional generator",
        ),
        (
            {"generator.batch_norm": True, "training.batch_size": 1},
            "batch_norm compares .* training.batch_size is 1; make it 2",
        ),
        (
            {"discriminator.batch_norm": True, "training.batch_size": 1},
            "batch_norm compares .* training.batch_size is 1; make it 2",
        ),
        (
            {"discriminator.batch_norm": True, "discriminator.widths": [8]},
            "no other; give discriminator.widths a second",
        ),
        (
            {"discriminator.batch_norm": True, "discriminator.penalty": [1.0, 0.1]},
            "take discriminator.spectral_norm instead",
        ),
    ],
)
def test_normalization_that_cannot_work_is_refused(changes, sentence):
    """Where there is nothing to normalize, or a penalty is on single images of a batch."""
    assert load_config("tutorial", {"discriminator.batch_norm": True}).discriminator.batch_norm
    with pytest.raises(UserError, match=sentence) as caught:
        load_config("tutorial", changes)
    one_sentence(caught.value)


def test_widths_must_be_named_for_convolutions():
    """The defaults are those of dense networks, and do not go."""
    for network in ("generator", "discriminator"):
        with pytest.raises(UserError, match=f"{network}.widths is .* at most 256 each"):
            load_config("tutorial", {f"{network}.architecture": "convolutional"})


def test_a_convolutional_discriminator_is_told_the_digit_in_a_hidden_layer():
    """With one behind its convolutions there is a place for it."""
    wider = {"training.conditional": True, "discriminator.widths": [4, 8, 16]}
    assert load_config("tutorial", {**CONVOLUTIONAL, **wider}).training.conditional


def test_kinds_take_room():
    """A fifth of nine numbers has no room for two kinds."""
    small = {"noise.latent_size": 9}
    assert load_config("tutorial", small).noise.latent_size == 9
    with pytest.raises(
        UserError, match=r"noise\.distribution is 'normal\+categorical'.* at least 10 numbers"
    ):
        load_config("tutorial", {**small, "noise.distribution": "normal+categorical"})


@pytest.mark.parametrize("online", [1, 99])
def test_a_census_of_too_few_is_refused(online):
    """Fewer digits than a judge has features have no distance to the real ones."""
    with pytest.raises(UserError, match=f"training.eval_samples is {online}.*at least 100 digits"):
        load_config("tutorial", {"training.eval_samples": online})


def test_every_range_is_tested():
    """The two tests above know every setting but the two that are free text."""
    assert set(RANGES) == set(leaves(Config().model_dump())) - {"name", "data.source"}


@pytest.mark.parametrize("key", [key for key in RANGES if isinstance(RANGES[key][0][0], float)])
@pytest.mark.parametrize("value", [".nan", ".inf", "-.inf"])
def test_no_setting_takes_nan_or_infinity(key, value):
    """What is no number, or has no end, is outside every range."""
    with pytest.raises(UserError, match=f"^{key} is -?(nan|inf)"):
        load_config("tutorial", dict([parse_setting(f"{key}={value}")]))


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("training.epochs", '"3"', "integer"),
        ("training.epochs", "3.0", "integer"),
        ("training.epochs", "true", "integer"),
        ("training.epochs", "null", "integer"),
        ("training.epochs", "[3]", "integer"),
        ("training.epochs", "2020-01-01", "integer"),
        ("training.real_label", "true", "number"),
        ("training.real_label", '"0.9"', "number"),
        ("generator.widths", "64", "list"),
        ("generator.widths", "{64: 1}", "list"),
        ("generator.widths", '["64"]', "integer"),
        ("data.classes", "{3: 7}", "names of classes"),
        ("data.classes", "3.5", "names of classes"),
        ("data.classes", "[true]", "names of classes"),
        ("data.source", "null", "string"),
        ("data.source", '""', "at least 1 character"),
    ],
)
def test_a_value_of_another_type_is_refused(file, key, value, expected):
    """Nothing is converted silently: the sentence names key, file and the type it should be."""
    section, name = key.split(".")
    sentence = refusal(file, f"{section}: {{{name}: {value}}}")
    assert sentence.startswith(key)
    assert str(file) in sentence
    assert expected in sentence


@pytest.mark.parametrize("text", ["training: 5", "training:", "training: [epochs, 3]"])
def test_a_section_that_is_none_is_refused(file, text):
    """A section that is no mapping is told as such, also below an override."""
    assert "training is" in refusal(file, text)
    with pytest.raises(
        UserError, match=r"training\.epochs cannot be set: training is .*no section"
    ):
        load_config(str(file), {"training.epochs": 3})


@pytest.mark.parametrize("key", ["a." * 5000 + "b", "training." + "." * 5000, "training.a.b"])
def test_a_key_of_many_parts_is_unknown(key):
    """However many dots it has, it is refused like any other key that is none."""
    with pytest.raises(UserError, match="Unknown setting"):
        load_config("tutorial", {key: 1})


TAGGED = ["!!bool x", "!!int", "!!int ''", "!!float", "!!timestamp x", "!!map x", "!!str 3", "! x"]


@pytest.mark.parametrize("text", TAGGED)
def test_tags_are_refused(file, text):
    """A tag says how a value is to be read, which no setting needs."""
    with pytest.raises(UserError, match="no YAML value for --set name"):
        parse_setting(f"name={text}")
    assert "line 1: tags are not taken" in refusal(file, f"name: {text}")


@pytest.mark.parametrize("text", ["1:30", "1:30.5", "1:" * 300 + "1.5", "2020-11-27", "2020-13-01"])
def test_times_and_dates_are_text(text):
    """YAML 1.1 takes them for a number and a date, which no setting is."""
    assert parse_setting(f"name={text}") == ("name", text)


@pytest.mark.parametrize("seed", range(5))
def test_any_text_is_a_value_or_a_sentence(file, seed):
    """Changed at random, a config and a setting are read or refused, never worse."""
    chance = random.Random(seed)  # noqa: S311 - not for secrets
    whole = (CONFIGS / "goodfellow2014.yaml").read_text("utf-8")
    for _ in range(30):
        file.write_text(broken(whole, chance), "utf-8", "replace")
        with contextlib.suppress(UserError):
            load_config(str(file))
        with contextlib.suppress(UserError):
            load_config("tutorial", dict([parse_setting(broken("generator.widths=[3]", chance))]))


def broken(text: str, chance: random.Random) -> str:
    """Return text in which a few pieces are replaced by others, or left out."""
    for _ in range(3):
        place = chance.randrange(len(text))
        piece = chance.choice(
            [*TAGGED, "&a ", "*a", "? ", "<<: ", "'", "\0", "\x85", "9" * 5000, ""]
        )
        text = text[:place] + piece + text[place + chance.randrange(9) :]
    return text


@pytest.mark.parametrize(("text", "number"), [("1e-4", 1e-4), ("2E-5", 2e-5), ("1.e-3", 1e-3)])
def test_powers_of_ten_are_numbers(text, number):
    """1e-4 is the number that people mean, though YAML 1.1 takes it for a word."""
    key, value = parse_setting(f"generator.learning_rate={text}")
    assert load_config("tutorial", {key: value}).generator.learning_rate == number


NEAREST = {
    "epoch": ["training.epochs"],
    "nam": ["name"],
    "lerning_rate": ["generator.learning_rate", "discriminator.learning_rate"],
    "learning-rate": ["generator.learning_rate", "discriminator.learning_rate"],
    "trainin": ["training"],
    "training.epoch": ["training.epochs"],
    "trainin.epochs": ["training.epochs"],
    "discriminatr.steps": ["discriminator.updates_per_generator_update"],
    "generator.width": ["generator.widths"],
    "generator.steps": ["discriminator.updates_per_generator_update"],
    "model.learning_rate": ["generator.learning_rate", "discriminator.learning_rate"],
    "dropout": ["generator.dropout", "discriminator.dropout"],
    "lr": ["generator.learning_rate", "discriminator.learning_rate"],
    "discriminator.lr": ["discriminator.learning_rate"],
    "ema": ["generator.ema_decay"],
    "n_critic": ["discriminator.updates_per_generator_update"],
    "z_dim": ["noise.latent_size"],
    "latent_dim": ["noise.latent_size"],
    "label_smoothing": ["training.real_label"],
    "rate": ["generator.learning_rate", "discriminator.learning_rate"],
}


@pytest.mark.parametrize(("key", "meant"), NEAREST.items())
def test_an_unknown_key_is_answered_with_all_that_are_near(file, key, meant):
    """A wrong leaf, section or both, in a file or with --set, gets every key it may have meant."""
    nested = "".join(f"{part}: {{" for part in key.split(".")[:-1]) + key.split(".")[-1] + ": 3"
    text = nested + "}" * key.count(".")
    assert f"'{key}' in {file}; did you mean {choices(meant)}?" in refusal(file, text)
    setting, value = parse_setting(f"{key}=3")
    with pytest.raises(UserError) as caught:
        load_config("tutorial", {setting: value})
    assert one_sentence(caught.value) == (
        f"Unknown setting '{key}'; did you mean {choices(meant)}?"
    )


def test_every_synonym_means_a_setting():
    """The table of common names holds no setting that is gone, and none that needs no table."""
    names = leaves(Config().model_dump())
    parts = {name.rpartition(".")[2] for name in names}
    assert {meant for found in SYNONYMS.values() for meant in found} <= {*names, *parts}
    assert not SYNONYMS.keys() & {*names, *parts}


def test_a_key_like_no_other_is_answered_with_a_way_to_all():
    """Where nothing is near, the sentence says what lists every key; that does."""
    with pytest.raises(UserError) as caught:
        load_config("tutorial", {"xyzzy": 3})
    assert "mnist-gan train --dry-run" in one_sentence(caught.value)
    assert (
        leaves(yaml.safe_load(dump_config(Config()))).keys() == leaves(Config().model_dump()).keys()
    )


def unfolding(begin: str, grow: str) -> str:
    """Return YAML of ten lines, each of which unfolds to nine of the line before."""
    lines = [f"a: &a {begin}"]
    for last, name in zip("abcdefghi", "bcdefghij", strict=True):
        lines.append(f"{name}: &{name} " + grow.format(", ".join([f"*{last}"] * 9)))
    return "\n".join(lines)


UNREADABLE = {
    "a list": ("- 3\n- 4\n", "holds no settings"),
    "a word": ("hello", "holds no settings"),
    "an open bracket": ("a: 1\nb: [1,\n", "line 3"),
    "a tab": ("training:\n\tepochs: 3\n", "line 2"),
    "two documents": ("name: a\n---\nname: b\n", "line 2"),
    "bytes": (bytes(range(256)), "no text file"),
    "UTF-16": ("name: x".encode("utf-16"), "no text file"),
    "a NUL": ("name: a\0b", "no valid YAML"),
    "a letter beyond all": ('name: "\\UFFFFFFFF"', "no valid YAML"),
    "5,000 digits": ("training: {epochs: " + "9" * 5000 + "}", "no valid YAML"),
    "5,000 hex digits": ("training: {epochs: 0x" + "9" * 5000 + "}", "training.epochs is"),
    "a key twice": ("training:\n  epochs: 5\n  epochs: 6\n", "line 3: epochs stands there twice"),
    "a number as key": ("training: {1: 2}", "keys should be strings"),
    "a long key": (f"{'x' * 1000}: 3", "Unknown setting 'xxx"),
    "a list as key": ("? [a, b]\n: 2", "line 1"),
    "an alias of itself": ("training: &a {epochs: *a}", "aliases"),
    "a list within itself": ("generator: {widths: &a [*a]}", "aliases"),
    "a billion laughs": (unfolding("[ha]", "[{}]"), "aliases"),
    "a billion merges": (unfolding("{k: 1}", "{{<<: [{}]}}"), "aliases"),
    "too deep a nest": ("training: " + "[" * 5000, "no valid YAML"),
    "a deep nest": ("training: " + "[" * 200 + "]" * 200, "more than 16 lists"),
    "a long word": ("training: {epochs: " + "x" * 50_000 + "}", "training.epochs is"),
    "an object": ('name: !!python/object/apply:os.mkdir ["{made}"]', "line 1"),
    "a function": ("name: !!python/name:os.system", "line 1"),
    "too large a file": (
        "#" * (LARGEST_FILE + 1),
        "is larger than 100,000 bytes, so it is not read",
    ),
}


@pytest.mark.parametrize(("text", "complaint"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_is_no_config_is_refused_quickly(file, tmp_path, text, complaint):
    """Broken, huge, recursive or malicious files end in one sentence that names the file.

    Each takes fewer calls of functions than ten for every byte that a file may have.
    """
    if isinstance(text, str):
        text = text.replace("{made}", str(tmp_path / "made"))
    calls = []
    sys.setprofile(lambda frame, event, argument: calls.append(event))
    try:
        sentence = refusal(file, text)
    finally:
        sys.setprofile(None)
    assert len(calls) < 10 * LARGEST_FILE
    assert str(file) in sentence
    assert complaint in sentence
    assert not (tmp_path / "made").exists()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
@pytest.mark.parametrize("mode", ["file", "folder"])
def test_a_config_that_may_not_be_read_is_a_sentence(file, mode):
    """Neither the file itself nor the folder in which it lies raises an error of the system."""
    file.write_text("name: a\n")
    closed = file if mode == "file" else file.parent
    closed.chmod(0)
    try:
        with pytest.raises(UserError, match="cannot be read: Permission denied"):
            load_config(str(file))
    finally:
        closed.chmod(0o700)


def test_what_the_system_refuses_is_a_sentence(file, monkeypatch):
    """Also where a file was there when it was looked for, and is gone when it is opened."""
    monkeypatch.setattr(Path, "is_file", lambda path: True)
    with pytest.raises(UserError, match=r"mine\.yaml cannot be read: No such file"):
        load_config(str(file))


@pytest.mark.parametrize("name", ["tutorail", "", "missing.yaml", "../configs", "."])
def test_a_missing_config_is_answered_with_those_that_exist(name, tmp_path, monkeypatch):
    """A name that is neither shipped nor a file, or is a folder, gets the list of names."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError) as caught:
        load_config(name)
    assert f"no config '{name}'" in one_sentence(caught.value)
    assert "smoke, tutorial" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "meant"),
    [("tutorail", "tutorial"), ("FAST", "fast"), ("configs/fsat.yaml", "fast"), ("good", None)],
)
def test_a_mistyped_config_is_answered_with_the_nearest(name, meant, tmp_path, monkeypatch):
    """The sentence names the config that was meant, before all there are."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError) as caught:
        load_config(name)
    found = meant or "goodfellow2014"
    assert f"'{name}' (did you mean '{found}'?): name one of" in one_sentence(caught.value)


@pytest.mark.parametrize("setting", ["training.epochs", "=3", " =3", "", "training.epochs:3"])
def test_a_setting_without_key_or_sign_is_refused(setting):
    """--set says what it takes when it gets something else."""
    with pytest.raises(UserError, match="--set takes"):
        parse_setting(setting)


@pytest.mark.parametrize("value", ["[", "9" * 5000, "!!python/name:os.system", "*a"])
def test_a_setting_that_is_no_yaml_is_refused(value):
    """--set names the key whose value it cannot read."""
    with pytest.raises(UserError, match=r"no YAML value for --set training\.epochs\.$"):
        parse_setting(f"training.epochs={value}")


def test_settings_are_yaml():
    """--set reads numbers, lists and words as YAML does, and only the first = parts them."""
    assert parse_setting("training.epochs = 20") == ("training.epochs", 20)
    assert parse_setting("generator.widths=[8, 16]") == ("generator.widths", [8, 16])
    assert parse_setting("data.source=a=b") == ("data.source", "a=b")


def test_a_saved_config_reads_back_equal(file):
    """What `dump_config` writes is what `load_config` reads, for all settings that go together."""
    edges = {key: taken[-1] for key, (taken, _) in RANGES.items()}
    config = load_config("tutorial", {**edges, "name": "a.b-c_1", "data.source": "é: #'x'"})
    # neither convolutional nor conditional, and a penalty instead of batch normalization in D
    assert len(differences(Config(), config)) >= len(edges) - 6
    file.write_text(dump_config(config), "utf-8")
    assert load_config(str(file)) == config


def test_differences_are_the_changed_keys_and_no_others():
    """Each changed key has a line with its old and new value, in the order of the schema."""
    new = load_config("tutorial", {"training.epochs": 3, "name": "x", "generator.widths": [8]})
    assert differences(Config(), Config()) == []
    assert differences(Config(), new) == [
        "name: tutorial -> x",
        "generator.widths: (256, 512, 1024) -> (8,)",
        "training.epochs: 400 -> 3",
    ]


def test_a_path_becomes_absolute(tmp_path, monkeypatch):
    """A relative data path and ~ are resolved when the config is read; names stay names."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/ada")
    absolute = {
        "mnist.npz": str(tmp_path / "mnist.npz"),
        "~/x": "/home/ada/x",
        "/data": "/data",
        "~nobody-of-this-name/x": str(tmp_path / "~nobody-of-this-name/x"),
        **{name: name for name in ("auto", "mnist", "digits")},
    }
    for source, expected in absolute.items():
        assert load_config("tutorial", {"data.source": source}).data.source == expected


def test_a_config_cannot_be_changed():
    """A config is a value: assigning to one of its settings raises."""
    with pytest.raises(ValueError, match="frozen"):
        Config().training.epochs = 3


@pytest.mark.parametrize("name", ["a", "7", "A.b-c_d", "a" * 64])
def test_good_names_are_taken(name):
    """Letters, digits, dot, underscore and hyphen make a name, up to 64 of them."""
    assert load_config("tutorial", {"name": name}).name == name


BAD_NAMES = ["", "../x", "a/b", "a\\b", "<script>", ".a", "-a", "a b", "a\n", "é", "aé", "a" * 65]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_bad_names_are_refused(name):
    """What would be no plain folder name is refused in words, not with a pattern."""
    with pytest.raises(UserError, match="letters and digits") as caught:
        load_config("tutorial", {"name": name})
    assert one_sentence(caught.value).startswith("name is ")
