"""`mnist-gan recipes`: the configs that ship, with purpose, time and quality."""

import textwrap

import click

from mnist_gan.commands.options import width


@click.command()
def recipes() -> int:
    """List the recipes: what each is for, how long it takes, what it reaches.

    Example: mnist-gan recipes
    """
    from mnist_gan.config.listing import recipes as shipped

    for recipe in shipped():
        print(recipe.name)
        for text in (recipe.purpose, f"time: {recipe.time}", f"reaches: {recipe.reaches}"):
            print(textwrap.indent(textwrap.fill(text, width() - 4), "    "))
    return 0
