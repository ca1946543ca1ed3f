"""Tests of `mnist_gan/session`."""
