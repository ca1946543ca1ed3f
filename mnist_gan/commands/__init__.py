"""One file for each command: reads flags, calls the package, prints."""
