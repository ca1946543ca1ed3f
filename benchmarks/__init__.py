"""Measurements of the package against its peers; nothing here is installed."""
