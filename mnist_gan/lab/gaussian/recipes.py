"""The recipes of the experiment, and single settings of them."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple, get_type_hints

from pydantic import Field, TypeAdapter, ValidationError

from mnist_gan.config.schema import brief
from mnist_gan.support.errors import UserError
from mnist_gan.support.suggestions import choices, near_names
from mnist_gan.support.text import printable

Activation = Literal["elu", "tanh", "sigmoid"]
Number = Annotated[int, Field(ge=1, le=1000)]
Rate = Annotated[float, Field(ge=0, le=1)]
Share = Annotated[float, Field(ge=0, lt=1)]
Weight = Annotated[float, Field(ge=0, le=1000)]


class Recipe(NamedTuple):
    """How the two networks are trained; the defaults are those of the texts."""

    rounds: Annotated[int, Field(ge=1, le=1_000_000)]
    generator: tuple[Activation, Activation] = ("elu", "elu")  # of the hidden layers
    discriminator: tuple[Activation, Activation] = ("elu", "elu")
    sets: Number = 1  # in a batch
    generator_updates: Number = 1  # in a round
    discriminator_updates: Number = 1
    generator_learning_rate: Rate = 2e-4  # learning rate; 0: it never learns
    discriminator_learning_rate: Rate = 2e-4
    betas: tuple[Share, Share] = (0.9, 0.999)
    final_lr_fraction: Annotated[float, Field(gt=0, le=1)] = 1.0  # reached along a cosine
    objective: Literal["minimax", "non_saturating", "relativistic"] = "non_saturating"
    real_label: Annotated[float, Field(gt=0.5, le=1)] = 1.0  # below 1: label smoothing
    penalty: tuple[Weight, Weight] = (0.0, 0.0)  # on D's input gradients, at first and at last
    is_standardised: bool = False  # whether the data get mean 0 and standard deviation 1
    is_averaged: bool = False  # whether samples come from an average of G's weights
    is_sorted: bool = False  # whether D sorts each set


OURS = Recipe(
    3000,
    sets=64,
    generator_learning_rate=4e-3,
    discriminator_learning_rate=4e-3,
    betas=(0.0, 0.99),
    final_lr_fraction=0.02,
    objective="relativistic",
    penalty=(1.0, 0.1),
    is_standardised=True,
    is_averaged=True,
)
RECIPES = {
    "sorted": OURS._replace(is_sorted=True),
    "unsorted": OURS,
    "2018": Recipe(2400, generator=("elu", "sigmoid")),
    "2017": Recipe(
        5000,
        ("tanh", "tanh"),
        ("sigmoid", "sigmoid"),
        generator_updates=20,
        discriminator_updates=20,
    ),
}


def changed(recipe: Recipe, changes: Mapping[str, Any]) -> Recipe:
    """Return a recipe with some settings changed.

    Args:
        recipe: The recipe.
        changes: New values by name.

    Raises:
        UserError: Where there is no such setting, or a value is not allowed.
    """
    hints = get_type_hints(Recipe, include_extras=True)
    for name, value in changes.items():
        if name not in hints:
            near = near_names(name[:100], hints)
            hint = f"did you mean {choices(near)}?" if near else f"there are {', '.join(hints)}."
            raise UserError(f"Unknown setting '{printable(name)}'; {hint}")
        try:
            strict = isinstance(value, bool)  # true is no number
            checked = TypeAdapter(hints[name]).validate_python(value, strict=strict)
            recipe = recipe._replace(**{name: checked})
        except ValidationError as error:
            said = error.errors()[0]["msg"]
            raise UserError(f"{name} is {brief(value)}: {said[0].lower() + said[1:]}.") from None
    if bool(recipe.penalty[0]) != bool(recipe.penalty[1]):
        raise UserError(f"penalty is {list(recipe.penalty)}: both should be above 0, or both 0.")
    return recipe
