"""Tests of `mnist_gan/runs`."""
