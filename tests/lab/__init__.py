"""Tests of `mnist_gan/lab`."""
