"""How much memory a training takes, from its config alone, and how much there is."""

from pathlib import Path

from mnist_gan.config.schema import Config
from mnist_gan.session.disk import discriminator_weights, generator_weights

MEMINFO = Path("/proc/meminfo")
BASE = 1_100_000_000  # bytes of Python, the backend and the classifier
IMAGES, IMAGE = 60_000, 9_500  # real images at most, usually, and bytes for each: performance.md
COPIES = 6  # of all weights: themselves, two moments, gradients, what is being saved


def training_bytes(config: Config) -> int:
    """Return about how many bytes of memory a training takes at its peak."""
    weights = generator_weights(config) + discriminator_weights(config)
    return BASE + IMAGES * IMAGE + COPIES * 4 * weights


def free_bytes() -> int | None:
    """Return how many bytes of memory are free; None where the system does not say."""
    try:
        lines = MEMINFO.read_text().splitlines()
    except OSError:
        return None
    available = (line.split()[1] for line in lines if line.startswith("MemAvailable:"))
    return next((1024 * int(kilobytes) for kilobytes in available), None)
