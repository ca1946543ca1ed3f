"""The bundled judges see what they were shipped for, and nothing but bytes of digits."""

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
    """Return the name of each judge in turn."""
    return request.param


@pytest.fixture(scope="module")
def golden() -> dict[str, np.ndarray]:
    """Return 32 digits and what each judge saw in them when it was shipped."""
    with np.load(GOLDEN) as arrays:
        return dict(arrays)


def test_a_judge_sees_what_it_saw_when_it_was_shipped(name, golden):
    """Features and probabilities of 32 digits are those of the day the weights were made."""
    seen = Classifier(name)(from_uint8(golden["images"]))
    np.testing.assert_allclose(seen.features, golden[f"features_{name}"], atol=2e-3)
    np.testing.assert_allclose(seen.probabilities, golden[f"probabilities_{name}"], atol=1e-3)
    assert (seen.digits == golden["labels"]).mean() > 0.9


def test_the_accuracy_is_what_was_asked_for(name):
    """Each judge was right on at least 99.3 % of MNIST's test images, and is small."""
    assert arrays(f"judge-{name}.npz")["test_accuracy"] >= 0.993
    assert asset(f"judge-{name}.npz").stat().st_size < 1_500_000


@needs_mnist
def test_the_accuracy_and_the_statistics_are_true(name):
    """On test images a judge is right, and sees the features that ship as its reference."""
    _, test = load_mnist()
    seen = Classifier(name)(test[:2000])
    shipped = mnist_reference().features[name][:2000]
    np.testing.assert_allclose(seen.features, shipped, atol=0.02)  # half precision
    with np.load(os.environ["MNIST_GAN_DATA"]) as stored:
        assert (seen.digits == stored["y_test"][:2000]).mean() > 0.985


def test_images_are_looked_at_as_bytes(golden):
    """What a byte cannot hold makes no difference: neither a trace of grey nor an overshoot."""
    judge, images = Classifier("b"), from_uint8(golden["images"])
    changed = np.where(images == 1, 1.3, images + 0.002)
    assert (to_uint8(changed) == to_uint8(images)).all()
    assert (judge(changed).features == judge(images).features).all()


def test_an_image_is_seen_alike_in_any_company(golden):
    """The features of image k do not depend on how many others there are."""
    judge, images = Classifier("b"), from_uint8(golden["images"])
    many = np.concatenate([images] * 20)[: BLOCK + 40]
    assert (judge(many).features[:32] == judge(images).features).all()


def test_probabilities_are_of_ten_digits(golden):
    """They sum to 1, and digit and confidence are those of the largest."""
    seen = Classifier("a")(from_uint8(golden["images"]))
    np.testing.assert_allclose(seen.probabilities.sum(1), 1, atol=1e-5)
    assert (seen.confidence == seen.probabilities[np.arange(32), seen.digits]).all()


@pytest.mark.parametrize("content", [b"something else", None])
def test_a_changed_file_is_refused(tmp_path, monkeypatch, content):
    """A bundled file that is not byte for byte ours is refused, with the way to mend it."""
    (tmp_path / "assets").mkdir()
    if content:
        (tmp_path / "assets" / "judge-a.npz").write_bytes(content)
    monkeypatch.setattr(assets.resources, "files", lambda package: tmp_path)
    with pytest.raises(UserError, match=r"judge-a.npz is not the file that came .* pip install"):
        Classifier("a")


def test_statistics_of_another_judge_are_refused(monkeypatch):
    """A reference that another classifier made is not compared with."""
    monkeypatch.setitem(HASHES, "judge-b.npz", "0" * 64)
    with pytest.raises(UserError, match=r"reference-b.npz was made by another classifier"):
        mnist_reference()


def test_every_bundled_file_is_whole():
    """Each file that ships has the hash that the code knows, and the generator is small."""
    for file in HASHES:
        assert asset(file).is_file()
    assert asset("generator.keras").stat().st_size < 6_500_000
