"""What the page of a run starts with."""

from mnist_gan.lab.gaussian.densities import Target
from mnist_gan.lab.gaussian.recipes import Recipe
from mnist_gan.lab.play.page import Start

MOST_SETS = 32  # in a batch of the page: a browser is slower
REACH = 4  # standard deviations of the target to either side that are seen


def start_of(recipe: Recipe, target: Target, seed: int) -> Start:
    """Return the start of the page.

    Args:
        recipe: How the run was trained.
        target: The density that it learned.
        seed: Its first seed.
    """
    settings = {
        "target": "run",
        "sees": "sorted" if recipe.is_sorted else "unsorted",
        "objective": recipe.objective,
        "label": recipe.real_label,
        "penalty": recipe.penalty[0],
        "discriminatorUpdates": recipe.discriminator_updates,
        "generatorUpdates": recipe.generator_updates,
        "discriminatorRate": recipe.discriminator_learning_rate,
        "generatorRate": recipe.generator_learning_rate,
        "betas": " ".join(f"{beta:g}" for beta in recipe.betas),
        "hidden": " ".join(recipe.generator + recipe.discriminator),
        "sets": min(recipe.sets, MOST_SETS),
        "seed": seed,
    }
    look = (
        "The settings of this run, with smaller networks and smaller sets. First the mean becomes "
        "right, then the width, last the shape, if it does at all."
    )
    mean, std = target.mean, target.std
    low, high = mean - REACH * std, mean + REACH * std
    if not recipe.is_standardised:  # the networks begin near 0
        low, high = min(low, -1.0), max(high, 1.0)
        return Start(settings, f"{target}, of this run", target.density, low, high, look=look)

    return Start(
        settings,
        f"{target}, of this run",
        lambda x: target.density(mean + std * x),
        low=-REACH,
        high=REACH,
        offset=mean,
        scale=std,
        look=look,
    )
