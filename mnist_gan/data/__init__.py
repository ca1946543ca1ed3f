"""Real images, float32 (n, 784) in [-1, 1]."""
