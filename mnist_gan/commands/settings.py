"""`mnist-gan settings`: every setting with its meaning, range and default."""

import textwrap

import click

from mnist_gan.commands.options import width


@click.command()
@click.argument("pattern", required=False)
def settings(pattern: str | None) -> int:
    """List the settings: name, default, what is allowed, meaning.

    With PATTERN, those whose name or meaning contains it.

    Example: mnist-gan settings dropout
    """
    from mnist_gan.config.listing import settings as every
    from mnist_gan.support.errors import UserError
    from mnist_gan.support.suggestions import choices, near_settings

    known = list(every())
    wanted = (pattern or "").lower()
    found = [one for one in known if wanted in f"{one.name} {one.meaning}".lower()]
    if not found:
        near = near_settings(wanted, [one.name for one in known])
        hint = f"did you mean {choices(near)}?" if near else "mnist-gan settings lists all of them."
        raise UserError(f"No setting has '{pattern}' in its name or meaning; {hint}")
    for one in found:
        print(f"{one.name} = {one.default}")
        for text in (one.meaning, f"allowed: {one.allowed}"):
            print(textwrap.indent(textwrap.fill(text, width() - 4), "    "))
    return 0
