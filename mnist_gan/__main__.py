"""`python -m mnist_gan` is `mnist-gan`."""

from mnist_gan.cli import main

main()
