"""One reader for each file format; every file is untrusted input."""
