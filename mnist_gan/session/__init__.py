"""A training with its run folder: checked, planned, trained, recorded."""
