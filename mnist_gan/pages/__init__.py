"""Runs as HTML files that anyone can open: no server, no network, nothing but the file."""
