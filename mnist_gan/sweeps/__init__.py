"""Many trainings: every combination of settings with every seed, at once and on many machines."""
