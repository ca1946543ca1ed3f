"""How much memory a training takes, from its config and its images."""

from mnist_gan.config.schema import Config
from mnist_gan.sampling.keras_archive import MOST_WEIGHTS
from mnist_gan.session.disk import discriminator_weights, generator_weights
from mnist_gan.support.errors import UserError
from mnist_gan.support.free_memory import free_bytes
from mnist_gan.support.units import megabytes

BASE = 1_100_000_000  # bytes of Python, the backend and the classifier
IMAGES, IMAGE = 60_000, 9_500  # real images at most, usually, and bytes for each: performance.md
COPIES = 9  # of all weights: themselves, two moments, gradients, what is saved and drawn with


def training_bytes(config: Config, images: int = IMAGES) -> int:
    """Return about how many bytes of memory a training takes at its peak.

    Args:
        config: What is trained.
        images: How many real images there are.
    """
    weights = generator_weights(config) + discriminator_weights(config)
    return BASE + images * IMAGE + COPIES * 4 * weights


def refuse_without_memory_for(config: Config, images: int = 0) -> None:
    """Check that a training fits into the memory that is left.

    Args:
        config: What is to be trained.
        images: How many real images there are, as far as is known.

    Raises:
        UserError: Where it does not, or its generator could not be drawn with.
    """
    weights = generator_weights(config)
    if weights > MOST_WEIGHTS:
        raise UserError(
            f"The generator would have {weights:,} weights; at most {MOST_WEIGHTS:,} are allowed. "
            "Choose smaller generator.widths."
        )
    needed, free = training_bytes(config, images), free_bytes()
    if free is not None and needed > free:
        raise UserError(
            f"The training needs about {megabytes(needed)} of memory, but only {megabytes(free)} "
            "are free; smaller widths or fewer images need less."
        )
