"""What the recipes' networks do from the command to the picture: told digits, images held out."""

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

TOLD = (*TINY, "--epochs", 1, "--set", "training.conditional=true")
FEW = ("--samples", 1000)


@pytest.fixture(scope="module")
def told(tmp_path_factory, own_digits):
    """Return a folder in which a tiny conditional run lies below outputs/."""
    folder = tmp_path_factory.mktemp("told")
    result = mnist_gan("train", *TOLD, "--data", own_digits, "--quiet", cwd=folder)
    assert result.returncode == 0, result.stderr
    return folder


def samples(folder, *arguments) -> np.ndarray:
    """Return what `sample` writes as arrays."""
    result = mnist_gan("sample", *arguments, "--output", "x.npy", cwd=folder)
    assert result.returncode == 0, result.stderr
    return np.load(folder / "x.npy")


def test_a_grid_has_a_digit_in_each_row(told):
    """The grid of a conditional run asks for each digit ten times, in order."""
    generator = load_generator(told / "outputs" / "0001-smoke")
    rows = generator.latents(0, 100)
    assert (rows[:, -10:].argmax(1) == np.repeat(range(10), 10)).all()
    assert generator.latent_size == rows.shape[1] - 10
    np.testing.assert_array_equal(samples(told, "--count", 100), generate(generator, rows))


def test_a_digit_is_asked_for_directly(told):
    """No judge is needed: the same latents, told another digit; from a file, too."""
    generator = load_generator(told / "outputs" / "0001-smoke")
    latents = generator.latents(4, 30)[:, : generator.latent_size]
    expected = generate(generator, generator.asking(latents, 7))
    sevens = samples(told, "--digit", 7, "--seed", 4, "--count", 30)
    np.testing.assert_array_equal(sevens, expected)
    np.save(told / "latents.npy", latents)
    stored = samples(told, "--latents", "latents.npy", "--digit", 7)
    np.testing.assert_array_equal(stored, expected)
    in_turn = generate(generator, generator.asking(latents, np.repeat([0, 1, 2], 10)))
    np.testing.assert_array_equal(samples(told, "--latents", "latents.npy"), in_turn)


def test_a_walk_asks_for_one_digit_less_and_for_the_other_more(told):
    """Latents go along their arc, what is asked for changes evenly: a walk of sevens stays one."""
    generator = load_generator(told / "outputs" / "0001-smoke")
    latents = generator.latents(0, 2)[:, : generator.latent_size]
    path = generator.walk(generator.asking(latents, np.array([3, 7])), 5)
    np.testing.assert_allclose(path[:, :-10], walk(latents, 5), atol=1e-6)
    np.testing.assert_allclose(path[:, [-7, -3]], [[1 - k / 4, k / 4] for k in range(5)], atol=1e-6)
    assert path[:, -10:].sum(1) == pytest.approx(1)
    expected = generate(generator, generator.asking(walk(latents, 5), 7))
    walked = samples(told, "--digit", 7, "--interpolate", 5, "--count", 2)
    np.testing.assert_allclose(walked, expected, atol=1e-5)


def test_plain_keras_opens_it_with_two_inputs(told):
    """Without anything of ours: a latent and which digit, as ten numbers."""
    run = told / "outputs" / "0001-smoke"
    model, generator = keras.saving.load_model(run / "generator.keras"), load_generator(run)
    assert [each.name for each in model.inputs] == ["latent", "label"]
    rows = generator.latents(1, 20)
    images = model([rows[:, :-10], rows[:, -10:]])
    np.testing.assert_allclose(images, generate(generator, rows), atol=1e-5)


def test_obedience_is_measured(told):
    """An evaluation says in how many images the judge sees the digit that was asked for."""
    result = mnist_gan("evaluate", *FEW, cwd=told)
    assert result.returncode == 0, result.stderr
    assert "as asked for" in result.stdout
    assert "show the digit that was asked for" in result.stdout
    kept = json.loads((told / "outputs" / "0001-smoke" / "evaluation.json").read_text())
    assert 0 <= kept["values"]["agreement"] <= 0.5  # after one epoch of tiny networks


def test_images_without_labels_cannot_be_told(tmp_path):
    """A folder of pictures has no digits to tell the networks."""
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for place, image in enumerate(embedded_digits()[0][:3]):
        Image.fromarray(image).save(pictures / f"{place}.png")
    away = tmp_path / "away"
    away.mkdir()
    asked = ("--data", pictures, "--set", "training.conditional=true")
    assert "has no labels to condition the networks on" in refusal("train", *TINY, *asked, cwd=away)


def test_images_held_out_are_what_a_run_is_judged_by(tmp_path, own_digits):
    """Training sees the others; census and evaluation look at those that were held out."""
    held = ("--data", own_digits, "--epochs", 1, "--set", "data.holdout=1100")
    judged = ("--set", "training.eval_samples=100", "--quiet")
    result = mnist_gan("train", *TINY, *held, *judged, cwd=tmp_path)
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
    """There must be others of their kind, to know what real digits come to."""
    images = np.random.default_rng(0).integers(0, 255, (1500, 28, 28), dtype=np.uint8)
    np.savez(tmp_path / "few.npz", x_train=images)
    held = ("--data", "few.npz", "--epochs", 1, "--set", "data.holdout=1000", "--quiet")
    result = mnist_gan("train", *TINY, *held, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    result = mnist_gan("evaluate", *FEW, cwd=tmp_path)
    assert result.returncode == 2
    assert "few.npz holds 500 images beside those held out; at least 1,000" in result.stderr


def test_a_census_looks_at_what_was_held_out():
    """Of MNIST, too: there the bundled moments are those of all training images."""
    images = from_uint8(embedded_digits()[0][:400])
    dataset = Dataset(images, None, "MNIST", MNIST, held_out=images[:150])
    online = build_online_evaluation(load_config("smoke"), dataset)
    assert online.shares == pytest.approx(OnlineEvaluation(images[:150]).shares)
    assert not np.allclose(online.shares, OnlineEvaluation().shares)
