"""A classifier of the classes of images that are no digits, trained on their own labels."""

import hashlib
import math
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from mnist_gan.data.images import PIXELS, from_uint8, to_uint8
from mnist_gan.data.locations import keras_cache, make_cache_folder
from mnist_gan.data.sources import Dataset
from mnist_gan.evaluation.components import Components
from mnist_gan.support.console import Work, say
from mnist_gan.support.errors import UserError
from mnist_gan.support.files import whole_file
from mnist_gan.support.npy import read_header
from mnist_gan.support.reading import open_file, reading
from mnist_gan.support.units import counted

VERSION = 1  # of the training; another one does not read the classifiers that are kept
FEWEST, FEWEST_OF_A_CLASS = 1000, 50  # labelled images to train on, and among them of each class
MOST = 60_000  # images to train on
ACCURATE = 0.7  # share of unseen images that it must classify as they are labelled
UNITS, BATCH = 256, 128
UPDATES, MOST_EPOCHS = 4000, 40
TRAINING = "training a classifier on the labels"  # in the progress display


class OwnClassifier:
    """A perceptron with one hidden layer.

    Args:
        names: The names of the classes.
        weights: All of its weights in a row, as `_sizes` has them.
    """

    def __init__(self, names: Sequence[str], weights: np.ndarray) -> None:
        self.names = tuple(names)
        self._parts = np.split(weights, np.cumsum(_sizes(len(names)))[:-1])

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Return the probabilities (n, classes) of images (n, 784), rounded to bytes first."""
        hidden, hidden_bias, out, out_bias = self._parts
        values = from_uint8(to_uint8(images)) @ hidden.reshape(PIXELS, UNITS) + hidden_bias
        logits = np.maximum(values, 0) @ out.reshape(UNITS, -1) + out_bias  # (n, classes)
        exponents = np.exp(logits - logits.max(1, keepdims=True))
        return exponents / exponents.sum(1, keepdims=True)


def own_classifier(dataset: Dataset, apart: np.ndarray) -> OwnClassifier | None:
    """Return a classifier of the classes of some data, and say how accurate it is.

    It is trained once and kept in the cache of Keras.

    Args:
        dataset: The data.
        apart: Indices (m,) of the images that it must not learn, on which its accuracy is measured.

    Returns:
        The classifier; None where there are too few labelled images, or it is not accurate.
    """
    if dataset.labels is None:
        return None
    places, labels = np.unique(dataset.labels, return_inverse=True)
    learned = np.random.default_rng(0).permutation(len(labels))
    learned = learned[~np.isin(learned, apart)][:MOST]
    of_each = np.bincount(labels[learned], minlength=len(places))
    if len(places) < 2 or len(learned) < FEWEST or of_each.min() < FEWEST_OF_A_CLASS:
        return None
    path = _path(dataset, apart)
    weights = _read(path, sum(_sizes(len(places))))
    if weights is None:
        weights = _train(dataset.images[learned], labels[learned], len(places))
        _keep(path, weights)
    classifier = OwnClassifier([dataset.classes[place] for place in places], weights)
    predicted = classifier(dataset.images[apart]).argmax(1)
    accuracy = float((predicted == labels[apart]).mean())
    is_accurate = accuracy >= ACCURATE
    say(
        f"A classifier trained on the labels of {counted(len(learned), 'image')} is right on "
        f"{accuracy:.1%} of {len(apart):,} others{'' if is_accurate else ', too few to be used'}."
    )
    return classifier if is_accurate else None


def _sizes(classes: int) -> tuple[int, int, int, int]:
    """Return how many weights each part has: kernel and bias of the hidden layer and the last."""
    return PIXELS * UNITS, UNITS, UNITS * classes, classes


def _train(images: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """Return the weights of a classifier, trained on images with labels from 0."""
    from sklearn.neural_network import MLPClassifier

    components = Components(images)
    features = components(images)  # (n, k): a tenth of the time that pixels would take
    mean, std = features.mean(0), features.std()
    features = (features - mean) / std
    network = MLPClassifier((UNITS,), batch_size=BATCH, alpha=1e-3, random_state=0)
    rng = np.random.default_rng(0)
    epochs = min(MOST_EPOCHS, math.ceil(UPDATES * BATCH / len(images)))
    # one thread: the products are small, and the bits are the same with any number of cores
    with threadpool_limits(1), Work(TRAINING, epochs, "epochs") as work:
        for _ in range(epochs):
            order = rng.permutation(len(images))
            network.partial_fit(features[order], labels[order], classes=range(classes))
            work.advance()
    (kernel, out), (bias, out_bias) = network.coefs_, network.intercepts_
    if classes == 2:  # scikit-learn has one logit then, that of the second class
        out, out_bias = np.pad(out, ((0, 0), (1, 0))), np.pad(out_bias, (1, 0))
    # the same function of pixels, so that nothing else need be kept
    parts = (components.axes @ kernel / std, bias - mean / std @ kernel, out, out_bias)
    return np.concatenate([part.ravel() for part in parts]).astype(np.float32)


def _path(dataset: Dataset, apart: np.ndarray) -> Path:
    """Return where the classifier of some data is kept, beside Keras's data sets."""
    key = hashlib.sha256(f"{VERSION} {dataset.sha256} {len(dataset.images)}".encode())
    key.update(np.asarray(apart, np.int64).tobytes())
    return keras_cache().parents[1] / "mnist-gan" / f"classifier-{key.hexdigest()[:32]}.npy"


def _read(path: Path, size: int) -> np.ndarray | None:
    """Return the weights in a file; None where there is none, or it holds anything else."""
    with suppress(UserError), reading(path, ".npy file"), open_file(path) as file:
        header = read_header(file)
        if header.shape == (size,) and header.dtype == np.float32:
            file.seek(0)
            found = np.load(file, allow_pickle=False)
            return found if np.isfinite(found).all() else None
    return None


def _keep(path: Path, weights: np.ndarray) -> None:
    """Keep weights for the next time; say where that is not possible."""
    try:
        make_cache_folder(path.parent)
        with whole_file(path) as temporary:
            np.save(temporary, weights, allow_pickle=False)
    except OSError as error:
        say(f"The classifier is not kept for the next time ({path}: {error.strerror or error}).")
