"""The experiments of the texts that teach GANs."""
