"""Whether real images are digits as MNIST's classifiers know them, upright and light on dark."""

import numpy as np

from mnist_gan.data.formats.standard import DIGITS
from mnist_gan.data.sources import Dataset
from mnist_gan.evaluation.classifiers import Classifier
from mnist_gan.evaluation.metrics import frechet_distance, moments
from mnist_gan.evaluation.references import mnist_training_moments
from mnist_gan.support.units import counted

LOOKED_AT = 1000  # images
AGREEMENT = 0.7  # share of the labels with which the classifier agrees where images are digits
CONFIDENCE = 0.8  # its mean confidence, where there are no labels ...
FAR = 200  # ... and the Fréchet distance to MNIST is below this; that of one digit alone is 80
TURNED = 0.5  # agreement or confidence that another orientation has to add for a hint
SIDE_BY_SIDE = (-1, 28, 28)


class Kind:
    """What a classifier of MNIST's digits thinks of real images; the backend must be running.

    Args:
        dataset: The images.
    """

    def __init__(self, dataset: Dataset) -> None:
        order = np.random.default_rng(0).permutation(len(dataset.images))[:LOOKED_AT]
        self._images = dataset.images[order]
        self._labels = dataset.labels[order] if dataset.labels is not None else None
        self._has_digits = dataset.labels is None or dataset.classes == DIGITS
        self._classifier = Classifier("a")
        self._score = self._score_of(self._images) if self._has_digits else 0.0

    @property
    def are_digits(self) -> bool:
        """Whether the classifier agrees with the labels, or is sure of images like MNIST's."""
        return self._score >= (CONFIDENCE if self._labels is None else AGREEMENT)

    @property
    def hint(self) -> str | None:
        """A sentence where the images look like digits once they are turned; otherwise None."""
        if not self._has_digits or self.are_digits:
            return None
        pictures = self._images.reshape(SIDE_BY_SIDE)
        turned = {
            "transposed; --set data.transpose=true mends that": pictures.transpose(0, 2, 1),
            "mirrored; mirror them first": pictures[:, :, ::-1],
            "upside down; turn them first": pictures[:, ::-1, ::-1],
            "lying on their side; turn them first": np.rot90(pictures, 1, (1, 2)),
            "lying on their other side; turn them first": np.rot90(pictures, -1, (1, 2)),
        }
        scores = {how: self._score_of(each.reshape(-1, 784)) for how, each in turned.items()}
        best = max(scores, key=scores.__getitem__)
        if scores[best] < self._score + TURNED * (1 - self._score):
            return None
        looked = counted(len(self._images), "image")
        return f"Of {looked}, most look {best}."

    def _score_of(self, images: np.ndarray) -> float:
        """Return with which share of the labels the classifier agrees, or how sure it is."""
        prediction = self._classifier(images)
        if self._labels is None:  # a classifier is also sure of noise, which is far from MNIST
            distance = frechet_distance(mnist_training_moments(), moments(prediction.features))
            return float(prediction.confidence.mean()) if distance < FAR else 0.0
        return float((prediction.digits == self._labels).mean())
