"""A saved generator and images from it, without TensorFlow."""
