"""How much memory a training takes, from its config and its images, and how much there is."""

from pathlib import Path

from mnist_gan.config.schema import Config
from mnist_gan.sampling.keras_archive import MOST_WEIGHTS
from mnist_gan.session.disk import discriminator_weights, generator_weights
from mnist_gan.support.errors import UserError
from mnist_gan.support.units import megabytes

MEMINFO = Path("/proc/meminfo")
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


def free_bytes() -> int | None:
    """Return how many bytes of memory are free; None where the system does not say."""
    try:
        lines = MEMINFO.read_text().splitlines()
    except OSError:
        return None
    available = (line.split()[1] for line in lines if line.startswith("MemAvailable:"))
    return next((1024 * int(kilobytes) for kilobytes in available), None)
