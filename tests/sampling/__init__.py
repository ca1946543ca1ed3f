"""Tests of `mnist_gan/sampling`."""
