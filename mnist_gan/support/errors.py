"""The one exception for mistakes that a person can mend."""


class UserError(Exception):
    """A person's mistake, told in one sentence: what came, what is allowed, how to go on.

    The command line prints the sentence and exits with code 2; nothing has been half-written.
    """
