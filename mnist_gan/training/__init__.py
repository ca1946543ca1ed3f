"""What is minimised, and the loop that does it; writes no file."""
