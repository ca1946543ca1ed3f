"""Tests of `mnist_gan/exporting`."""
