"""The experiments of the teaching texts, through the same step and trainer as MNIST."""
