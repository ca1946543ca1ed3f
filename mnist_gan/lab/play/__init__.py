"""The game of two networks as a page, to play with."""
