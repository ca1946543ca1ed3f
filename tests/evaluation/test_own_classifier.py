"""The classifier of a run's own classes: how it is trained, kept, and when there is none."""

import dataclasses
import os

import numpy as np
import pytest

from mnist_gan.data.images import from_uint8
from mnist_gan.data.sources import Dataset
from mnist_gan.evaluation import own_classifier as module
from mnist_gan.evaluation.own_classifier import own_classifier

APART = np.arange(0, 2400, 2)  # every second image is not learned


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """Keep classifiers in a folder of the test; return it."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return tmp_path / "keras" / "mnist-gan"


def bars(classes: int = 3, count: int = 2400) -> Dataset:
    """Return noisy images whose classes are the heights of a bar, and have names."""
    rng = np.random.default_rng(0)
    labels = (np.arange(count) // 2 % classes).astype(np.uint8)
    images = rng.integers(0, 120, (count, 28, 28), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[4 * label : 4 * label + 4] += 130
    names = ("low", "middle", "high", "top")[:classes]
    return Dataset(from_uint8(images), labels, "bars", f"{classes} {count}", classes=names)


@pytest.mark.parametrize("classes", [2, 3])
def test_it_recognises_images_that_it_has_not_seen(classes):
    """By the names of the data, with probabilities that sum to 1; of two classes, too."""
    dataset = bars(classes)
    classifier = own_classifier(dataset, APART)
    probabilities = classifier(dataset.images[APART])
    assert classifier.names == dataset.classes
    assert probabilities.sum(1) == pytest.approx(1, abs=1e-5)
    assert (probabilities.argmax(1) == dataset.labels[APART]).mean() > 0.99


def test_what_is_set_apart_is_not_learned(capsys):
    """Wrong labels of these images change nothing but the accuracy."""
    dataset = bars()
    labels = dataset.labels.copy()
    labels[APART] = (labels[APART] + (APART % 10 == 0)) % 3  # a fifth of them
    classifier = own_classifier(dataset, APART)
    other = own_classifier(dataclasses.replace(dataset, labels=labels, sha256="other"), APART)
    assert np.array_equal(classifier(dataset.images), other(dataset.images))
    assert "right on 100.0% of 1,200 others" in capsys.readouterr().err.splitlines()[1]


def test_it_is_trained_once(cache, capsys):
    """The second time the kept one is read, which has the same bits; other data have their own."""
    first, second = (own_classifier(bars(), APART)(bars().images) for _ in range(2))
    assert np.array_equal(first, second)
    assert capsys.readouterr().err.count(module.TRAINING) == 1
    own_classifier(bars(2), APART)
    assert len(list(cache.iterdir())) == 2


@pytest.mark.parametrize("content", ["junk", "short", "objects", "infinite", "huge"])
def test_a_damaged_one_is_trained_again(cache, capsys, content):
    """What is kept is untrusted: pickles, other shapes and non-finite numbers are not used."""
    before = own_classifier(bars(), APART)(bars().images)
    (file,) = cache.iterdir()
    whole = file.read_bytes()
    weights = np.load(file)
    if content == "junk":
        file.write_bytes(b"junk")
    elif content == "huge":  # a header that promises far more than the file holds
        file.write_bytes(whole.replace(str(weights.shape).encode(), b"(9999999999,)")[:9000])
    else:
        damaged = {"short": weights[1:], "objects": weights.astype(object)}
        np.save(file, damaged.get(content, weights * np.inf), allow_pickle=True)
    after = own_classifier(bars(), APART)(bars().images)
    assert np.array_equal(before, after)
    assert file.read_bytes() == whole
    assert capsys.readouterr().err.count(module.TRAINING) == 2


def test_it_is_used_where_it_cannot_be_kept(tmp_path, capsys):
    """A line says so."""
    (tmp_path / "keras").write_text("a file where the folder would be")
    assert own_classifier(bars(), APART) is not None
    assert "is not kept for the next time" in capsys.readouterr().err


def test_a_user_without_a_home_gets_no_folder_called_so(tmp_path, monkeypatch, capsys):
    """The line says what to set; the classifier is used."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KERAS_HOME")
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # as without HOME and an entry
    module._keep(module._path(bars(), APART), np.zeros(3))
    assert "there is no home folder; set KERAS_HOME" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_too_few_labels_make_none(cache):
    """Fewer than 1,000 images to learn from, 49 of a class, one class, or no labels."""
    rare = bars()
    labels = np.where((rare.labels == 2) & (np.arange(2400) > 49 * 6), 1, rare.labels)
    few = [
        own_classifier(bars(count=1998), APART[:999]),
        own_classifier(dataclasses.replace(rare, labels=labels.astype(np.uint8)), APART),
        own_classifier(bars(1), APART),
        own_classifier(dataclasses.replace(rare, labels=None), APART),
    ]
    assert few == [None] * 4
    assert not cache.exists()


def test_labels_that_cannot_be_recognised_are_not_used(capsys):
    """Where they have nothing to do with the images, a line says how few are right."""
    labels = np.random.default_rng(1).integers(0, 3, 2400).astype(np.uint8)
    assert own_classifier(dataclasses.replace(bars(), labels=labels), APART) is None
    assert "others, too few to be used." in capsys.readouterr().err
