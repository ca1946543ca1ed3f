"""The colours of the lab's figures: one for each thing."""

from mnist_gan.pages.plots import BLUE, GREEN, ORANGE

REAL, GENERATED, DISCRIMINATOR = BLUE, ORANGE, GREEN
BEST = "black"  # the best discriminator, dashed
# what is none of these, beside the PURPLE of plots: losses, divergences, other recipes
OCHRE, TEAL, GREY = "#a3791f", "#0e7c86", "grey"
