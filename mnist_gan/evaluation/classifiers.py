"""The two bundled classifiers: images in, probabilities and features out."""

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np

from mnist_gan.data.images import from_uint8, to_uint8
from mnist_gan.models.classifier import build_classifier
from mnist_gan.support.assets import arrays
from mnist_gan.training.backend import inference

ARCHITECTURES: dict[str, dict[str, Any]] = {  # arguments of build_classifier
    "a": {"blocks": ((32, 32), (64, 64), (64,)), "kernel": 3, "seed": 1},
    "b": {"blocks": ((16,), (32,), (64,)), "kernel": 5, "seed": 2},
}
BLOCK = 250  # images per batch; always the same, because the last bits depend on it
MIN_STD = 1e-3  # features that vary less over MNIST's training images are dropped


class Prediction(NamedTuple):
    """A classifier's outputs for n images."""

    probabilities: np.ndarray  # float32 (n, 10), of the digits
    features: np.ndarray  # float32 (n, d), standardised over MNIST's training images

    @property
    def digits(self) -> np.ndarray:
        """The most probable digit (n,) of each image."""
        return self.probabilities.argmax(1)

    @property
    def confidence(self) -> np.ndarray:
        """The probability (n,) of that digit."""
        return self.probabilities.max(1)


class Classifier:
    """A bundled classifier, "a" or the smaller "b", trained by `scripts/train_judge.py`."""

    def __init__(self, name: str = "a") -> None:
        stored = arrays(f"judge-{name}.npz")
        self.model = build_classifier(**{**ARCHITECTURES[name], "seed": None})
        self.model.set_weights([stored[key] for key in sorted(stored) if key.startswith("weight")])
        self._call = inference(self.model)
        self._used = stored["deviation"] > MIN_STD
        self._mean = stored["mean"][self._used]
        self._std = stored["deviation"][self._used]

    def __call__(
        self, images: np.ndarray, progress: Callable[[int], object] | None = None
    ) -> Prediction:
        """Classify images.

        Args:
            images: Images (n, 784) in [-1, 1]; they are clipped and rounded to bytes first.
            progress: Called with the size of each batch once it is done.

        Returns:
            Probabilities and standardised features of the images.
        """
        logits, features = logits_and_features(self._call, images, progress)
        exponents = np.exp(logits - logits.max(1, keepdims=True))
        probabilities = exponents / exponents.sum(1, keepdims=True)
        standardised = (features[:, self._used] - self._mean) / self._std
        return Prediction(probabilities, standardised)


def logits_and_features(
    call: Callable[[np.ndarray], Any],
    images: np.ndarray,
    progress: Callable[[int], object] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return a classifier's logits and features of images.

    Args:
        call: From a batch (n, 784) to these two outputs of a classifier.
        images: Images (n, 784) in [-1, 1]; they are clipped and rounded to bytes first.
        progress: Called with the size of each batch once it is done.

    Returns:
        Logits (n, 10) and features (n, d).
    """
    logits, features = [], []
    for start in range(0, len(images), BLOCK):
        part = from_uint8(to_uint8(images[start : start + BLOCK]))
        batch = np.concatenate([part, np.zeros((BLOCK - len(part), part.shape[1]), np.float32)])
        outputs = [keras.ops.convert_to_numpy(output) for output in call(batch)]
        logits.append(outputs[0][: len(part)])
        features.append(outputs[1][: len(part)])
        if progress:
            progress(len(part))
    return np.concatenate(logits), np.concatenate(features)
