"""`mnist-gan completion`: commands and options completed by the shell."""

import click
from click.shell_completion import get_completion_class


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> int:
    """Print the script with which a shell completes commands and options.

    Put it where the shell reads it: eval "$(mnist-gan completion bash)" in ~/.bashrc, or with zsh
    in ~/.zshrc; fish reads ~/.config/fish/completions/mnist-gan.fish.

    Example: mnist-gan completion bash
    """
    root = context.find_root().command
    found = get_completion_class(shell)
    if found is None:  # for mypy: click has all three
        raise click.UsageError(f"click cannot complete for {shell}.")
    print(found(root, {}, "mnist-gan", "_MNIST_GAN_COMPLETE").source())
    return 0
