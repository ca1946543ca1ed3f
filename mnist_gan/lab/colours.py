"""The colours of the lab's figures: one for each thing."""

from mnist_gan.pages.plots import BLUE, GREEN, ORANGE

REAL, GENERATED, DISCRIMINATOR = BLUE, ORANGE, GREEN
BEST = "black"  # the best discriminator, dashed
# what is none of these: losses, divergences, other recipes
PURPLE, OCHRE, TEAL, GREY = "#7b4ea3", "#a3791f", "#0e7c86", "grey"
