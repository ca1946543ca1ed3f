"""Tests of `mnist_gan/sweeps`."""
