"""`mnist-gan lab`: the experiments of the teaching texts, with their figures and numbers."""
