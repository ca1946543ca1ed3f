"""Runs as HTML files that need no server and no network."""

LARGEST = 11_500_000  # bytes of what a page shows; with its frame it stays below 12 MB
