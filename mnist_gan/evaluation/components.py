"""Features of images that are no digits: the principal components of the real images' pixels."""

import numpy as np

from mnist_gan.data.images import from_uint8, to_uint8

COMPONENTS = 50  # as many as MNIST's, which the package brings along
MOST_IMAGES = 10_000  # from which they are computed


class Components:
    """The first principal components of some real images.

    Args:
        images: The real images (n, 784) in [-1, 1], n at least 2.
    """

    def __init__(self, images: np.ndarray) -> None:
        order = np.random.default_rng(0).permutation(len(images))[:MOST_IMAGES]
        covariance = np.cov(images[order].astype(np.float64), rowvar=False)
        _, vectors = np.linalg.eigh(covariance)  # the largest eigenvalue last
        self.axes = vectors[:, ::-1][:, :COMPONENTS].astype(np.float32)  # (784, k)

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Return the features (n, k) of images (n, 784), which are rounded to bytes first."""
        return from_uint8(to_uint8(images)) @ self.axes
