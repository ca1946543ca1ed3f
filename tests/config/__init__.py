"""Tests of `mnist_gan/config`."""
