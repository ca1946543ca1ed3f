"""The two bundled classifiers: images in, probabilities and features out."""

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np

from mnist_gan.data.images import from_uint8, to_uint8
from mnist_gan.models.classifier import build_classifier
from mnist_gan.support.assets import arrays

ARCHITECTURES: dict[str, dict[str, Any]] = {  # arguments of build_classifier
    "a": {"blocks": ((32, 32), (64, 64), (64,)), "kernel": 3, "seed": 1},
    "b": {"blocks": ((16,), (32,), (64,)), "kernel": 5, "seed": 2},
}
BLOCK = 250  # images looked at together, always as many: the last bits depend on it
DEAD = 1e-3  # features that vary less over MNIST's training images are dropped


class Prediction(NamedTuple):
    """What a judge sees in n images."""

    probabilities: np.ndarray  # float32 (n, 10), of the digits
    features: np.ndarray  # float32 (n, d), with mean 0 and deviation 1 on MNIST's training images

    @property
    def digits(self) -> np.ndarray:
        """The likeliest digit (n,) of each image."""
        return self.probabilities.argmax(1)

    @property
    def confidence(self) -> np.ndarray:
        """The probability (n,) of that digit."""
        return self.probabilities.max(1)


class Classifier:
    """A bundled classifier, "a" or the smaller "b", trained by `scripts/train_judge.py`."""

    def __init__(self, name: str = "a") -> None:
        stored = arrays(f"judge-{name}.npz")
        self.model = build_classifier(**ARCHITECTURES[name])
        self.model.set_weights([stored[key] for key in sorted(stored) if key.startswith("weight")])
        self._alive = stored["deviation"] > DEAD
        self._mean = stored["mean"][self._alive]
        self._deviation = stored["deviation"][self._alive]

    def __call__(
        self, images: np.ndarray, show: Callable[[int], object] | None = None
    ) -> Prediction:
        """Return what it sees in images (n, 784), which are clipped and rounded to bytes first.

        `show` is told how many images it has just seen.
        """
        logits, features = look(self.model, images, show)
        exponents = np.exp(logits - logits.max(1, keepdims=True))
        probabilities = exponents / exponents.sum(1, keepdims=True)
        standard = (features[:, self._alive] - self._mean) / self._deviation
        return Prediction(probabilities, standard)


def look(
    model: keras.Model, images: np.ndarray, show: Callable[[int], object] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return a classifier's logits (n, 10) and features (n, d) of images (n, 784)."""
    logits, features = [], []
    for start in range(0, len(images), BLOCK):
        part = from_uint8(to_uint8(images[start : start + BLOCK]))
        block = np.concatenate([part, np.zeros((BLOCK - len(part), part.shape[1]), np.float32)])
        seen = [keras.ops.convert_to_numpy(output) for output in model(block, training=False)]
        logits.append(seen[0][: len(part)])
        features.append(seen[1][: len(part)])
        if show:
            show(len(part))
    return np.concatenate(logits), np.concatenate(features)
