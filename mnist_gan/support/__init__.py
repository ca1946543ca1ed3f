"""What every folder needs."""
