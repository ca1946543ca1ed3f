"""Tests of `mnist_gan/support`."""
