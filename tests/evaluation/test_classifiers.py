"""The bundled classifiers give the outputs they were shipped with, on byte images."""

import os
from pathlib import Path

import numpy as np
import pytest

from mnist_gan.data.images import from_uint8, to_uint8
from mnist_gan.data.sources import load_mnist
from mnist_gan.evaluation.classifiers import BLOCK, Classifier
from mnist_gan.evaluation.references import mnist_reference
from mnist_gan.support import assets
from mnist_gan.support.assets import HASHES, arrays, asset
from mnist_gan.support.errors import UserError

GOLDEN = Path(__file__).with_name("golden") / "judges.npz"
needs_mnist = pytest.mark.skipif("MNIST_GAN_DATA" not in os.environ, reason="needs MNIST_GAN_DATA")


@pytest.fixture(scope="module", params=["a", "b"])
def name(request) -> str:
    """Return the name of each classifier in turn."""
    return request.param


@pytest.fixture(scope="module")
def golden() -> dict[str, np.ndarray]:
    """Return 32 digits and each classifier's outputs for them when it was shipped."""
    with np.load(GOLDEN) as arrays:
        return dict(arrays)


def test_a_classifier_gives_the_outputs_it_was_shipped_with(name, golden):
    """Features and probabilities of 32 digits equal the stored ones."""
    prediction = Classifier(name)(from_uint8(golden["images"]))
    np.testing.assert_allclose(prediction.features, golden[f"features_{name}"], atol=2e-3)
    np.testing.assert_allclose(prediction.probabilities, golden[f"probabilities_{name}"], atol=1e-3)
    assert (prediction.digits == golden["labels"]).mean() > 0.9


def test_the_stored_accuracy_is_high_enough(name):
    """Each classifier got at least 99.3 % of MNIST's test images right, and its file is small."""
    assert arrays(f"judge-{name}.npz")["test_accuracy"] >= 0.993
    assert asset(f"judge-{name}.npz").stat().st_size < 1_500_000


@needs_mnist
def test_the_stored_accuracy_and_statistics_are_reproduced(name):
    """On test images a classifier is right, and its features equal the bundled reference."""
    _, test = load_mnist()
    prediction = Classifier(name)(test[:2000])
    shipped = mnist_reference().features[name][:2000]
    np.testing.assert_allclose(prediction.features, shipped, atol=0.02)  # half precision
    with np.load(os.environ["MNIST_GAN_DATA"]) as stored:
        assert (prediction.digits == stored["y_test"][:2000]).mean() > 0.985


def test_images_are_rounded_to_bytes(golden):
    """Differences below a grey level or beyond [-1, 1] do not change the features."""
    classifier, images = Classifier("b"), from_uint8(golden["images"])
    changed = np.where(images == 1, 1.3, images + 0.002)
    assert (to_uint8(changed) == to_uint8(images)).all()
    assert (classifier(changed).features == classifier(images).features).all()


def test_features_do_not_depend_on_the_other_images(golden):
    """The features of image k do not depend on how many others there are."""
    classifier, images = Classifier("b"), from_uint8(golden["images"])
    many = np.concatenate([images] * 20)[: BLOCK + 40]
    assert (classifier(many).features[:32] == classifier(images).features).all()


def test_probabilities_are_of_ten_digits(golden):
    """They sum to 1; the largest gives digit and confidence."""
    found = Classifier("a")(from_uint8(golden["images"]))
    np.testing.assert_allclose(found.probabilities.sum(1), 1, atol=1e-5)
    assert (found.confidence == found.probabilities[np.arange(32), found.digits]).all()


@pytest.mark.parametrize("content", [b"something else", None])
def test_a_changed_file_is_refused(tmp_path, monkeypatch, content):
    """A bundled file whose bytes differ is refused, and the error says how to fix it."""
    (tmp_path / "assets").mkdir()
    if content:
        (tmp_path / "assets" / "judge-a.npz").write_bytes(content)
    monkeypatch.setattr(assets.resources, "files", lambda package: tmp_path)
    with pytest.raises(UserError, match=r"judge-a.npz is not the file that came .* pip install"):
        Classifier("a")


def test_statistics_of_another_classifier_are_refused(monkeypatch):
    """A reference that was made by another classifier is not used."""
    monkeypatch.setitem(HASHES, "judge-b.npz", "0" * 64)
    with pytest.raises(UserError, match=r"reference-b.npz was made by another classifier"):
        mnist_reference()


def test_every_bundled_file_is_intact():
    """Each file in the folder has a known hash, and the generator's file is small."""
    folder = asset("generator.keras").parent
    assert {path.name for path in folder.iterdir()} == set(HASHES)
    for file in HASHES:
        assert asset(file).is_file()
    assert asset("generator.keras").stat().st_size < 6_500_000
