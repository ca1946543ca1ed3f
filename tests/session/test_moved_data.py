"""A run goes on with its images wherever they lie, and with no others."""

import json
import shutil

import numpy as np
import pytest

import mnist_gan as mg
from tests.conftest import TINY, assert_same, mnist_gan, refusal


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
    assert "these settings differ: data.invert: False -> True." in sentence
