"""Runs as HTML files that anyone can open: no server, no network, nothing but the file."""

LARGEST = 11_500_000  # bytes of what a page shows; with its frame it stays below 12 MB
