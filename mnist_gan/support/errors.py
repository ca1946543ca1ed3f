"""The one exception for mistakes that a person can mend, and what the system refuses."""

from mnist_gan.support.text import shortened


class UserError(Exception):
    """A mistake of the user, in one sentence: what came, what is allowed, how to fix it.

    The command line prints the sentence and exits with code 2. No file is partly written.

    Args:
        lines: The sentence, and lines of code that it may end with. Each stays one line: what it
            quotes from files and arguments is escaped and shortened.
    """

    def __init__(self, *lines: object) -> None:
        super().__init__(*map(shortened, lines))

    def __str__(self) -> str:
        return "\n".join(self.args)


def refusal_of(error: OSError | MemoryError) -> str:
    """Return a sentence for what the operating system refuses, with the file if it names one."""
    if isinstance(error, MemoryError):
        what = f" ({error})" if str(error) else ""
        return (
            f"There is too little memory for this{what}; take fewer or smaller images, smaller "
            "networks or batches, or a machine with more memory."
        )
    reason = f"{error.strerror or error}."
    return f"{error.filename}: {reason}" if error.filename else reason
