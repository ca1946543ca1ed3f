"""What Goodfellow et al. 2014 prove, beside what networks do."""
