"""This package, on the backend on which Keras runs."""

import keras
import numpy as np

from benchmarks.recipe import Layer, Weights, as_layers
from mnist_gan.config.loading import load_config
from mnist_gan.training.build import build_trainer


class Package:
    """This package, by its own config and its own compiled call."""

    def __init__(self, images: np.ndarray, seed: int, precision: str) -> None:
        overrides = {"training.seed": seed, "training.precision": precision}
        config = load_config("tutorial", overrides)
        self.trainer = build_trainer(config, images)
        self.steps_per_call = config.training.steps_per_call

    def run(self, steps: int) -> None:
        """Make steps in calls as long as the config says."""
        step, images = self.trainer.step, self.trainer.images
        for done in range(0, steps, self.steps_per_call):
            step.run(images, min(self.steps_per_call, steps - done))

    def weights(self) -> Weights:
        """Return copies of the weights."""
        networks = self.trainer.step.generator, self.trainer.step.discriminator
        return Weights(*(_trained(network) for network in networks))


def _trained(network: keras.Model) -> list[Layer]:
    """Return the weights of the layers; the random states of dropout are none."""
    return as_layers([keras.ops.convert_to_numpy(each) for each in network.trainable_variables])
