"""The one exception for mistakes that a person can mend."""


class UserError(Exception):
    """A mistake of the user, in one sentence: what came, what is allowed, how to fix it.

    The command line prints the sentence and exits with code 2. No file is partly written.
    """
