"""The training step, once for each backend, on processors and GPUs."""
