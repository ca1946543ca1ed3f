"""Tests of `mnist_gan/commands`."""
