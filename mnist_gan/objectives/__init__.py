"""What is minimised: losses, penalties, and how their weights and rates change."""
