"""What is known of each digit of a grid."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import scipy

from mnist_gan.data.images import LEVELS, PIXELS
from mnist_gan.runs import Cells

if TYPE_CHECKING:
    from mnist_gan.evaluation.online import ImageFeatures
    from mnist_gan.training.step import Step


def annotate(
    step: Step,
    images: np.ndarray,
    latents: np.ndarray,
    features: ImageFeatures | None,
    found: tuple[np.ndarray, np.ndarray],
) -> Cells:
    """Return D's scores, the digits that a classifier sees, and the nearest training images.

    Args:
        step: The step whose discriminator scores.
        images: The images of a grid (n, 784).
        latents: What they were drawn from, in their order, with classes if there are some.
        features: Of the images and perhaps more behind them; None: nothing was classified.
        found: What `evaluation.neighbours.nearest` found: indices and distances (n, k).
    """
    from keras.ops import convert_to_numpy

    count, (indices, distances) = len(images), found
    inputs = [images, latents[:count, step.latent_size :]] if step.classes else images
    digits, confidence = (features.digits, features.confidence) if features else (None, None)
    logits = convert_to_numpy(step.discriminator(inputs, training=False))[:, 0]
    grey_levels = distances / math.sqrt(PIXELS) * LEVELS
    return Cells(
        scores=scipy.special.expit(logits.astype(float)).round(4).tolist(),
        digits=None if digits is None else digits[:count].tolist(),
        confidence=None if confidence is None else confidence[:count].round(4).tolist(),
        nearest=indices.tolist(),
        distances=grey_levels.round(1).tolist(),
    )
