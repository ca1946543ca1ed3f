"""A run of version 0.1, with the settings' earlier names, works as it did."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mnist_gan import Run, load_config, sample
from mnist_gan.config.loading import differences
from mnist_gan.config.names import RENAMED, RENAMED_VALUES
from mnist_gan.data.images import tile
from mnist_gan.support.errors import UserError
from tests.conftest import mnist_gan, refusal

ARCHIVE = Path(__file__).with_name("version-0.1.zip")  # most settings are not the default


@pytest.fixture
def old(tmp_path):
    """Return the folder of a run that version 0.1 trained for two epochs."""
    folder = tmp_path / "outputs" / "0001-version-0.1"
    shutil.unpack_archive(ARCHIVE, folder)
    return folder


def test_its_settings_have_the_names_of_today(old):
    """Every earlier name is read, and the config is kept as it was until it is trained on."""
    text = (old / "config.yaml").read_text()
    config = Run(old).config
    assert config.generator.ema_decay == 0.9
    assert config.generator.init_bias_to_mean
    assert config.generator.init_range == 0.05
    assert config.discriminator.subtract_mean
    assert config.discriminator.penalty_kind == "wgan_gp"
    assert config.discriminator.updates_per_generator_update == 2
    assert config.discriminator.pretrain_steps == 5
    assert config.noise.distribution == "normal+categorical"
    assert config.training.lr_decay == 1.0001
    assert config.training.final_lr_fraction == 0.5
    assert config.training.eval_samples == 200
    assert (old / "config.yaml").read_text() == text


@pytest.mark.slow
def test_it_is_shown_sampled_and_trained_on(old, tmp_path):
    """List, page, images and one more epoch; the first two epochs of its history stay."""
    assert "0001" in mnist_gan("runs", cwd=tmp_path).stdout
    assert mnist_gan("browse", "1", "--no-open", cwd=tmp_path).returncode == 0
    grid = np.asarray(Image.open(old / "images" / "epoch-0002.png"))
    drawn = tile(sample(Run(old), 100), columns=10)
    assert np.abs(grid.astype(int) - drawn).max() <= 1  # another processor rounds differently
    before = (old / "history.csv").read_text().splitlines()
    resumed = mnist_gan("train", "--resume", "1", "--epochs", "3", cwd=tmp_path)
    assert resumed.returncode == 0, resumed.stderr
    after = (old / "history.csv").read_text().splitlines()
    assert (after[: len(before)], len(after)) == (before, len(before) + 1)
    assert "ema_decay: 0.9" in (old / "config.yaml").read_text()


def test_unknown_keys_of_a_run_are_shown_and_never_damaged(old, tmp_path):
    """A setting that nobody knows is named; listing goes on, and no file changes."""
    config = old / "config.yaml"
    config.write_text(config.read_text() + "future: {warp: 9}\n")
    assert "0001" in mnist_gan("runs", cwd=tmp_path).stdout
    assert "future.warp" in refusal("train", "--resume", "1", cwd=tmp_path)


def names() -> list[tuple[str, str, object]]:
    """Return each earlier name or value of a setting, the setting today, and a value for it."""
    values = {
        "ema_decay": 0.9,
        "eval_samples": 200,
        "final_lr_fraction": 0.5,
        "init_bias_to_mean": True,
        "init_range": 0.1,
        "lr_decay": 1.01,
        "subtract_mean": True,
    }
    return [(old, new, values.get(new.partition(".")[2], 2)) for old, new in RENAMED.items()]


@pytest.mark.parametrize(("old_name", "new_name", "value"), names())
def test_an_earlier_name_is_the_setting_of_today(old_name, new_name, value, tmp_path):
    """In a file and as --set alike; both names at once are refused."""
    today = load_config("tutorial", {new_name: value})
    assert load_config("tutorial", {old_name: value}) == today
    section, _, key = old_name.partition(".")
    path = tmp_path / "a.yaml"
    path.write_text(f"{section}: {{{key}: {str(value).lower()}}}")
    assert not differences(load_config(str(path)), today)
    path.write_text(f"{section}: {{{key}: 1, {new_name.partition('.')[2]}: 1}}")
    with pytest.raises(UserError, match=f"sets {new_name} twice: {old_name} is its earlier name"):
        load_config(str(path))


@pytest.mark.parametrize(
    ("setting", "old_value", "new_value"),
    [(key, *pair) for key, values in RENAMED_VALUES.items() for pair in values.items()],
)
def test_an_earlier_value_is_that_of_today(setting, old_value, new_value):
    """As is the earlier name of a value."""
    changed = load_config("tutorial", {setting: old_value})
    assert changed == load_config("tutorial", {setting: new_value})
