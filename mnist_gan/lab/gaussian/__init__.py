"""A GAN that learns a density on the line."""
