"""A run goes on with its images wherever they lie, and with no others."""

import json
import shutil

import numpy as np
import pytest

import mnist_gan as mg
from mnist_gan.config.loading import dump_config
from mnist_gan.data.sources import load_data_of
from mnist_gan.evaluation.real_digits import real_digits
from mnist_gan.runs import create_run
from mnist_gan.session.images import data_record
from tests.conftest import TINY, assert_same, mnist_gan, refusal
from tests.runs.test_runs import manifest


@pytest.fixture(scope="module")
def trained(tmp_path_factory, own_digits):
    """Return a folder with a run of one epoch, on images that lie in old/."""
    folder = tmp_path_factory.mktemp("moved")
    (folder / "old").mkdir()
    shutil.copy(own_digits, folder / "old")
    result = mnist_gan("train", *TINY, "--epochs", 1, "--data", "old/own.npz", cwd=folder)
    assert result.returncode == 0, result.stderr
    return folder


@pytest.fixture
def moved(trained, tmp_path, own_digits):
    """Return a copy of it, whose config names a place where nothing is; the images are in new/."""
    shutil.copytree(trained / "outputs", tmp_path / "outputs")
    config = tmp_path / "outputs" / "0001-smoke" / "config.yaml"
    config.write_text(config.read_text().replace(str(trained), str(tmp_path)))
    (tmp_path / "new").mkdir()
    shutil.copy(own_digits, tmp_path / "new")
    return tmp_path


def source(folder):
    """Return where the run's images are, as its config says."""
    return mg.Run(1, folder / "outputs").config.data.source


@pytest.mark.slow
def test_a_run_goes_on_with_moved_images(moved, own_digits):
    """Its config records the new place, the bits are those of a run that knew no other."""
    data = ("--data", "new/own.npz")
    result = mnist_gan("train", "--resume", 1, "--epochs", 2, *data, cwd=moved)
    assert result.returncode == 0, result.stderr
    assert source(moved) == str(moved / "new" / "own.npz")
    straight = ("--data", own_digits, "--epochs", 2, "--name", "straight", "--quiet")
    assert mnist_gan("train", *TINY, *straight, cwd=moved).returncode == 0
    runs = moved / "outputs"
    assert_same(runs / "0001-smoke", runs / "0002-straight")
    evaluated = mnist_gan("evaluate", 1, "--samples", 1000, cwd=moved)
    assert evaluated.returncode == 0, evaluated.stderr


def test_a_finished_run_takes_the_new_place_without_training(moved):
    """From Python, too: nothing but the place in its config changes."""
    run = mg.Run(1, moved / "outputs")
    before = run.config
    again = mg.resume(run, data=moved / "new" / "own.npz", quiet=True)
    assert source(moved) == str(moved / "new" / "own.npz")
    assert again.config.with_source(before.data.source) == before
    assert len(again.history["epoch"]) == 1


def test_without_the_new_place_the_sentence_asks_for_it(moved):
    """It names where the images were."""
    sentence = refusal("train", "--resume", 1, "--epochs", 2, cwd=moved)
    assert "own.npz; add --data NEW, where they are now" in sentence
    assert len(sentence) <= 300


def test_an_evaluation_finds_moved_images(moved):
    """As of the run's own, as the settings of the run say; without the place it asks for it."""
    own = json.loads((moved / "outputs" / "0001-smoke" / "run.json").read_text())["data"]["sha256"]
    sentence = refusal("evaluate", 1, "--samples", 1000, cwd=moved)
    assert "no longer at" in sentence
    assert f"add --data NEW, where they are now (of SHA-256 {own[:8]})" in sentence
    assert len(sentence) <= 300


@pytest.mark.parametrize("settings", [{"holdout": 1100}, {"invert": True, "classes": ["0", "1"]}])
def test_moved_images_are_read_as_the_run_read_them(tmp_path, own_digits, settings):
    """With what it held out, inverted or chose; other images are taken as they are."""
    own, new = tmp_path / "own.npz", tmp_path / "new.npz"
    with np.load(own_digits) as arrays:
        images, labels = (np.concatenate([arrays[name]] * 5) for name in ("x_train", "y_train"))
    for path in (own, new):
        np.savez(path, x_train=images, y_train=labels)
    np.savez(tmp_path / "other.npz", x_train=images[::-1])
    config = mg.load_config("smoke", {f"data.{name}": value for name, value in settings.items()})
    config = config.with_source(str(own))
    record = data_record(load_data_of(config.data))
    run = create_run(tmp_path / "outputs", "a", dump_config(config), manifest(data=record))
    (expected,) = real_digits([run], None)
    own.unlink()
    (found,) = real_digits([run], str(new))
    assert np.array_equal(found.images, expected.images)
    assert np.array_equal(found.others, expected.others)
    (other,) = real_digits([run], str(tmp_path / "other.npz"))
    assert len(other.dataset.images) == len(images)


def test_other_images_are_refused_with_both_hashes(moved):
    """Whether it would train or is finished; the run stays as it is."""
    np.savez(moved / "other.npz", x_train=np.zeros((2000, 28, 28), np.uint8))
    own = json.loads((moved / "outputs" / "0001-smoke" / "run.json").read_text())["data"]["sha256"]
    other = mg.load_data(str(moved / "other.npz")).sha256
    for epochs in (1, 2):
        sentence = refusal(
            *("train", "--resume", 1, "--epochs", epochs, "--data", "other.npz"), cwd=moved
        )
        assert own[:8] in sentence
        assert f"other.npz holds 2,000 images of {other[:8]}" in sentence


def test_no_other_setting_of_the_data_may_change(moved):
    """The place alone is free."""
    data = ("--data", "new/own.npz", "--set", "data.invert=true")
    sentence = refusal("train", "--resume", 1, "--epochs", 2, *data, cwd=moved)
    assert "these differ: data.invert: False -> True." in sentence
