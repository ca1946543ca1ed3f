"""Tests of `mnist_gan/pages`."""
