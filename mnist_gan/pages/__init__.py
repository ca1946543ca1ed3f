"""Runs as HTML files that need no server and no network."""

LARGEST = 11_500_000  # bytes of a page's data; with its template it stays below 12 MB
