"""The tests mirror the package: a file per module, and the command end to end."""
