"""The MNIST experiment of Goodfellow et al. 2014."""
