"""The same step in plain, eager PyTorch."""

import numpy as np
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits

from benchmarks.recipe import (
    BATCH,
    BETA_1,
    BETA_2,
    DROPOUT,
    EPSILON,
    LATENT,
    LEARNING_RATE,
    REAL_LABEL,
    SLOPE,
    Layer,
    Weights,
    initial_weights,
)


class Torch:
    """Two networks, two optimizers, autocast for bfloat16."""

    steps_per_call = 1

    def __init__(self, images: np.ndarray, seed: int, precision: str) -> None:
        torch.manual_seed(seed)
        weights = initial_weights(seed)
        self.images = torch.from_numpy(images)
        self.generator = _network(weights.generator, dropout=0.0)
        self.generator.append(nn.Tanh())
        self.discriminator = _network(weights.discriminator, DROPOUT)
        self.generator_optimizer = _adam(self.generator)
        self.discriminator_optimizer = _adam(self.discriminator)
        self.precision = torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16")
        self.labels = torch.cat([torch.full((BATCH, 1), REAL_LABEL), torch.zeros(BATCH, 1)])

    def run(self, steps: int) -> None:
        """Make steps."""
        for _ in range(steps):
            self._discriminator_update()
            self._generator_update()

    def weights(self) -> Weights:
        """Return copies of the weights."""
        return Weights(_layers(self.generator), _layers(self.discriminator))

    def _discriminator_update(self) -> None:
        """Train D once on fresh real and fake images."""
        real = self.images[torch.randint(len(self.images), (BATCH,))]
        self.discriminator.requires_grad_(True)
        with self.precision:
            with torch.no_grad():
                fake = self.generator(torch.randn(BATCH, LATENT))
            logits = self.discriminator(torch.cat([real, fake]))
        loss = binary_cross_entropy_with_logits(logits.float(), self.labels)
        self.discriminator_optimizer.zero_grad()
        loss.backward()
        self.discriminator_optimizer.step()

    def _generator_update(self) -> None:
        """Train G once through D, for which no gradients are computed."""
        self.discriminator.requires_grad_(False)
        with self.precision:
            logits = self.discriminator(self.generator(torch.randn(BATCH, LATENT)))
        loss = binary_cross_entropy_with_logits(logits.float(), torch.ones(BATCH, 1))
        self.generator_optimizer.zero_grad()
        loss.backward()
        self.generator_optimizer.step()


def _network(weights: list[Layer], dropout: float) -> nn.Sequential:
    """Return the dense network that starts from these weights, without its last activation."""
    network = nn.Sequential()
    for index, (kernel, bias) in enumerate(weights):
        dense = nn.Linear(*kernel.shape)
        with torch.no_grad():
            dense.weight.copy_(torch.from_numpy(kernel.T))
            dense.bias.copy_(torch.from_numpy(bias))
        network.append(dense)
        if index < len(weights) - 1:
            network.append(nn.LeakyReLU(SLOPE))
            if dropout:
                network.append(nn.Dropout(dropout))
    return network


def _layers(network: nn.Sequential) -> list[Layer]:
    """Return copies of the weights of all dense layers."""
    dense = [layer for layer in network if isinstance(layer, nn.Linear)]
    return [
        (layer.weight.detach().numpy().T.copy(), layer.bias.detach().numpy().copy())
        for layer in dense
    ]


def _adam(network: nn.Sequential) -> torch.optim.Adam:
    """Return Adam in its fastest form on processors."""
    betas = BETA_1, BETA_2
    return torch.optim.Adam(network.parameters(), LEARNING_RATE, betas, EPSILON, fused=True)
