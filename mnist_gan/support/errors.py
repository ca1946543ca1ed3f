"""The one exception for mistakes that a person can mend, and what the system refuses."""

from mnist_gan.support.text import shortened


class UserError(Exception):
    """A mistake of the user, in one sentence: what came, what is allowed, how to fix it.

    The command line prints the sentence and exits with code 2. No file is partly written.

    Args:
        text: The sentence; what it quotes from files and arguments is escaped and shortened.
    """

    def __init__(self, text: object) -> None:
        super().__init__(shortened(text))


def refusal_of(error: OSError) -> str:
    """Return a sentence for what the operating system refuses, with the file if it names one."""
    reason = f"{error.strerror or error}."
    return f"{error.filename}: {reason}" if error.filename else reason
