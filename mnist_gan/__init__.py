"""Train, watch, judge and understand a GAN on MNIST."""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOMES = {  # public name: module that defines it, imported at first use, for TensorFlow is slow
    "build_discriminator": "models.discriminator",
    "build_gan": "models.gan",
    "build_generator": "models.generator",
    "load_config": "config.loading",
    "load_data": "data.sources",
    "load_generator": "sampling.sampler",
    "sample": "sampling.sampler",
}
__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    """Import a public name from its module when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module 'mnist_gan' has no attribute '{name}'")
    from mnist_gan.support.runtime import hold_back_noise

    with hold_back_noise():
        return getattr(import_module(f"mnist_gan.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """List the public names."""
    return [*globals(), *__all__]
