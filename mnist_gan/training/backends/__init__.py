"""The training step, once for each backend."""
