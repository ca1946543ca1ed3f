"""Features of the recipes from command to picture: labels, images held out."""

import json

import keras
import numpy as np
import pytest
from PIL import Image

from mnist_gan.api import load_generator
from mnist_gan.config.loading import load_config
from mnist_gan.data.images import from_uint8
from mnist_gan.data.offline import embedded_digits
from mnist_gan.data.sources import Dataset
from mnist_gan.evaluation.online import OnlineEvaluation
from mnist_gan.noise import walk
from mnist_gan.sampling.sampler import generate
from mnist_gan.session.plan import build_online_evaluation
from mnist_gan.support.assets import MNIST
from tests.conftest import TINY, mnist_gan, refusal

CONDITIONAL = (*TINY, "--epochs", 1, "--set", "training.conditional=true")
FEW = ("--samples", 1000)


@pytest.fixture(scope="module")
def conditional(tmp_path_factory, own_digits):
    """Return a folder with a tiny conditional run below outputs/."""
    folder = tmp_path_factory.mktemp("conditional")
    result = mnist_gan("train", *CONDITIONAL, "--data", own_digits, "--quiet", cwd=folder)
    assert result.returncode == 0, result.stderr
    return folder


def samples(folder, *arguments) -> np.ndarray:
    """Return what `sample` writes as arrays."""
    result = mnist_gan("sample", *arguments, "--output", "x.npy", cwd=folder)
    assert result.returncode == 0, result.stderr
    return np.load(folder / "x.npy")


def test_a_grid_has_a_digit_in_each_row(conditional):
    """The grid of a conditional run has each label ten times, in order."""
    generator = load_generator(conditional / "outputs" / "0001-smoke")
    rows = generator.latents(0, 100)
    assert (rows[:, -10:].argmax(1) == np.repeat(range(10), 10)).all()
    assert generator.latent_size == rows.shape[1] - 10
    np.testing.assert_array_equal(samples(conditional, "--count", 100), generate(generator, rows))


def test_samples_are_conditioned_on_a_digit(conditional):
    """Latents from a seed or from a file get the label; without it, labels are in turn."""
    generator = load_generator(conditional / "outputs" / "0001-smoke")
    latents = generator.latents(4, 30)[:, : generator.latent_size]
    expected = generate(generator, generator.with_labels(latents, 7))
    sevens = samples(conditional, "--digit", 7, "--seed", 4, "--count", 30)
    np.testing.assert_array_equal(sevens, expected)
    np.save(conditional / "latents.npy", latents)
    stored = samples(conditional, "--latents", "latents.npy", "--digit", 7)
    np.testing.assert_array_equal(stored, expected)
    in_turn = generate(generator, generator.with_labels(latents, np.repeat([0, 1, 2], 10)))
    np.testing.assert_array_equal(samples(conditional, "--latents", "latents.npy"), in_turn)


def test_labels_change_linearly_along_a_walk(conditional):
    """Latents follow their arc and labels a line; with one label, it stays the same."""
    generator = load_generator(conditional / "outputs" / "0001-smoke")
    latents = generator.latents(0, 2)[:, : generator.latent_size]
    path = generator.walk(generator.with_labels(latents, np.array([3, 7])), 5)
    np.testing.assert_allclose(path[:, :-10], walk(latents, 5), atol=1e-6)
    np.testing.assert_allclose(path[:, [-7, -3]], [[1 - k / 4, k / 4] for k in range(5)], atol=1e-6)
    assert path[:, -10:].sum(1) == pytest.approx(1)
    expected = generate(generator, generator.with_labels(walk(latents, 5), 7))
    walked = samples(conditional, "--digit", 7, "--interpolate", 5, "--count", 2)
    np.testing.assert_allclose(walked, expected, atol=1e-5)


def test_plain_keras_opens_it_with_two_inputs(conditional):
    """Without code of this package: a latent and a one-hot label."""
    run = conditional / "outputs" / "0001-smoke"
    model, generator = keras.saving.load_model(run / "generator.keras"), load_generator(run)
    assert [each.name for each in model.inputs] == ["latent", "label"]
    rows = generator.latents(1, 20)
    images = model([rows[:, :-10], rows[:, -10:]])
    np.testing.assert_allclose(images, generate(generator, rows), atol=1e-5)


@pytest.mark.slow
def test_agreement_with_labels_is_measured(conditional):
    """An evaluation has the share of images that the classifier assigns to their labels."""
    result = mnist_gan("evaluate", *FEW, cwd=conditional)
    assert result.returncode == 0, result.stderr
    assert "as conditioned on" in result.stdout
    assert "show the digit that was asked for" in result.stdout
    kept = json.loads((conditional / "outputs" / "0001-smoke" / "evaluation.json").read_text())
    assert 0 <= kept["values"]["agreement"] <= 0.5  # after one epoch of tiny networks


def test_images_without_labels_cannot_train_a_conditional_gan(tmp_path):
    """A folder of unlabelled pictures is refused."""
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for place, image in enumerate(embedded_digits()[0][:3]):
        Image.fromarray(image).save(pictures / f"{place}.png")
    away = tmp_path / "away"
    away.mkdir()
    options = ("--data", pictures, "--set", "training.conditional=true")
    assert "has no labels to condition the networks on" in refusal(
        "train", *TINY, *options, cwd=away
    )


@pytest.mark.slow
def test_runs_are_evaluated_with_the_images_held_out(tmp_path, own_digits):
    """Training sees the others; both evaluations compare with those held out."""
    held = ("--data", own_digits, "--epochs", 1, "--set", "data.holdout=1100")
    evaluated = ("--set", "training.eval_samples=100", "--quiet")
    result = mnist_gan("train", *TINY, *held, *evaluated, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    run = tmp_path / "outputs" / "0001-smoke"
    manifest = json.loads((run / "run.json").read_text())
    with np.load(own_digits) as own:
        assert manifest["data"]["count"] == len(own["x_train"]) - 1100
    result = mnist_gan("evaluate", *FEW, "--json", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    evaluation = json.loads(result.stdout)
    assert evaluation["against"].startswith("the 1,100 images held out of")
    assert evaluation["places"] == {}


def test_too_few_images_beside_those_held_out_are_refused(tmp_path):
    """The other images are needed for the values of real digits."""
    images = np.random.default_rng(0).integers(0, 255, (1500, 28, 28), dtype=np.uint8)
    np.savez(tmp_path / "few.npz", x_train=images)
    held = ("--data", "few.npz", "--epochs", 1, "--set", "data.holdout=1000", "--quiet")
    result = mnist_gan("train", *TINY, *held, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    result = mnist_gan("evaluate", *FEW, cwd=tmp_path)
    assert result.returncode == 2
    assert "few.npz holds 500 images beside those held out; at least 1,000" in result.stderr


def test_online_evaluation_compares_with_the_images_held_out():
    """Also of MNIST, where the bundled moments are those of all training images."""
    images = from_uint8(embedded_digits()[0][:400])
    dataset = Dataset(images, None, "MNIST", MNIST, held_out=images[:150])
    online = build_online_evaluation(load_config("smoke"), dataset)
    assert online.shares == pytest.approx(OnlineEvaluation(images[:150]).shares)
    assert not np.allclose(online.shares, OnlineEvaluation().shares)
