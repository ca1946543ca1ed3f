"""A saved generator, images from it and its conversion, without TensorFlow."""
