"""The networks, as plain Keras models."""
