"""The training advice of the texts, measured over seeds."""
