"""Tests of `mnist_gan/objectives`."""
