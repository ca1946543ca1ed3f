"""The one exception for mistakes that a person can mend."""

from mnist_gan.support.text import shortened


class UserError(Exception):
    """A mistake of the user, in one sentence: what came, what is allowed, how to fix it.

    The command line prints the sentence and exits with code 2. No file is partly written.

    Args:
        text: The sentence; what it quotes from files and arguments is escaped and shortened.
    """

    def __init__(self, text: object) -> None:
        super().__init__(shortened(text))
