"""The embedded digits have the properties of MNIST's."""

import os
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage
from sklearn.datasets import load_digits
from sklearn.neighbors import KNeighborsClassifier

from mnist_gan.data import offline as digits

HOLES = np.array([1, 0, 0, 0, 0, 0, 1, 0, 2, 1])  # by digit


@pytest.fixture(scope="module")
def embedded() -> tuple[np.ndarray, np.ndarray]:
    """Draw the digits once for all tests."""
    return digits.embedded_digits()


@pytest.fixture(scope="module")
def images(embedded) -> np.ndarray:
    """Return the images alone."""
    return embedded[0]


@pytest.fixture(scope="module")
def source() -> np.ndarray:
    """Return which scan each image was drawn from."""
    return np.random.default_rng(digits.SEED).permutation(digits.COUNT) % 1797


def nearest_neighbour_accuracy(train, train_labels, test, test_labels) -> float:
    """Return the share of test images whose nearest training image has their label."""
    model = KNeighborsClassifier(1).fit(train.reshape(-1, 784) / 255, train_labels)
    return model.score(test.reshape(-1, 784) / 255, test_labels)


def test_shapes_and_types_are_those_of_mnist(embedded):
    """There are 24,000 byte images of 28x28 with a byte label each."""
    images, labels = embedded
    assert (images.shape, images.dtype) == ((24_000, 28, 28), np.uint8)
    assert (labels.shape, labels.dtype) == ((24_000,), np.uint8)


def test_every_call_returns_the_same_bits(embedded):
    """A second call returns the same bytes whatever the global random state is."""
    np.random.seed(0)
    for once, again in zip(embedded, digits.embedded_digits(), strict=True):
        np.testing.assert_array_equal(once, again)


def test_nothing_heavy_is_imported_before_it_is_needed(monkeypatch):
    """The module loads without SciPy and scikit-learn."""
    for name in ("scipy", "sklearn"):
        monkeypatch.setitem(sys.modules, name, None)
    assert "embedded_digits" in runpy.run_path(digits.__file__)


def test_labels_are_those_of_the_scans(embedded, source):
    """Every scan is drawn 13 or 14 times, under its own label."""
    np.testing.assert_array_equal(embedded[1], load_digits().target[source])
    assert set(np.bincount(source)) == {13, 14}


@pytest.mark.parametrize("count", [1_000, 24_000])
def test_digits_are_even_in_any_prefix(embedded, count):
    """Every digit makes up about a tenth of the whole and of its beginning."""
    shares = np.bincount(embedded[1][:count], minlength=10) / count
    assert shares.min() > 0.07
    assert shares.max() < 0.13


def test_variants_of_a_scan_differ(images, source):
    """Any two drawings of the same scan differ by more than a shift of grey levels."""
    for scan in range(0, 1797, 60):
        ink = images[source == scan].reshape(-1, 784) > 127
        differing = (ink[:, None] != ink).sum(2)[np.triu_indices(len(ink), 1)]  # pairs
        assert differing.min() > 0
        assert differing.mean() > 15  # of about 100 pixels of ink


def test_centre_of_mass_is_in_the_middle(images):
    """The centre of mass lies within half a pixel of (14, 14), as in MNIST (14.00 +- 0.29)."""
    mass, pixel = images.sum((1, 2)), np.arange(28)
    for axis in (1, 2):
        centre = images.sum(3 - axis) @ pixel / mass
        assert np.abs(centre - 14).max() <= 0.51


def test_digits_fill_the_box_of_20_pixels(images):
    """The longer side of a digit is 20 pixels, with few exceptions, and never more."""
    longest = np.maximum(images.any(1).sum(1), images.any(2).sum(1))
    assert longest.max() == 20
    assert (longest == 20).mean() > 0.99  # MNIST: 0.997


def test_ink_runs_from_black_to_white(images):
    """The background is exactly 0 and every digit has strokes that reach 255."""
    assert 0.78 < (images == 0).mean() < 0.83  # MNIST: 0.809
    assert (images.max((1, 2)) >= 250).all()


def test_border_is_empty(images):
    """Not one digit in a thousand touches the outermost pixels."""
    border = np.ones((28, 28), bool)
    border[1:-1, 1:-1] = False
    assert images[:, border].any(1).mean() < 0.001  # MNIST: 0.014


def test_ink_is_distributed_as_in_mnist(images):
    """Ink, its spread, its grey rims and the width of digits are those of MNIST."""
    ink = images.mean((1, 2)) / 255
    grey, white = ((images > 30) & (images < 225)).mean(), (images >= 225).mean()
    assert 0.115 < ink.mean() < 0.15  # MNIST: 0.131
    assert 0.02 < ink.std() < 0.06  # MNIST: 0.043
    assert 0.065 < grey < 0.095  # MNIST: 0.081
    assert 0.38 < grey / (grey + white) < 0.55  # MNIST: 0.47
    assert 14.5 < images.any(1).sum(1).mean() < 17  # MNIST: 15.7


def test_strokes_are_as_thick_as_in_mnist(images):
    """Peeling off the outermost pixels leaves as much of the ink as in MNIST."""
    ink = images[:2_000] > 127
    cross = ndimage.generate_binary_structure(2, 1)[None]
    kept = ndimage.binary_erosion(ink, cross).sum() / ink.sum()
    assert 0.28 < kept < 0.40  # MNIST: 0.334


def test_strokes_hold_together_and_loops_stay_open(embedded):
    """Digits are in one piece and nearly all have the holes that their label says."""
    images, labels = embedded[0][:1_000], embedded[1][:1_000]
    square = np.ones((3, 3))
    pieces = np.array([ndimage.label(image > 127, square)[1] for image in images])
    holes = np.array([ndimage.label(image <= 127)[1] - 1 for image in images])
    assert pieces.mean() < 1.1  # MNIST: 1.04
    assert (holes == HOLES[labels]).mean() > 0.85  # MNIST: 0.82


def test_digits_are_told_apart_on_unseen_scans(embedded, source):
    """Drawings of one half of the scans are recognised by those of the other half."""
    images, labels = embedded
    seen = source < 900
    train, test = np.flatnonzero(seen)[:5_000], np.flatnonzero(~seen)[:1_000]
    accuracy = nearest_neighbour_accuracy(images[train], labels[train], images[test], labels[test])
    assert accuracy > 0.92


def test_mnist_recognises_the_digits(embedded):
    """Real MNIST digits are the nearest neighbours of the digits that we call the same."""
    path = Path(os.environ.get("MNIST_GAN_DATA", "absent"))
    path = path / "mnist.npz" if path.is_dir() else path
    if path.suffix != ".npz" or not path.exists():
        pytest.skip("MNIST_GAN_DATA names no mnist.npz")
    with np.load(path) as mnist:
        train, train_labels = mnist["x_train"][:6_000], mnist["y_train"][:6_000]
    images, labels = embedded[0][:1_000], embedded[1][:1_000]
    assert nearest_neighbour_accuracy(train, train_labels, images, labels) > 0.75
