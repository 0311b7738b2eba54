"""The base of errors that a user can mend."""


class InputError(ValueError):
    """What a user gave cannot be used; the message is one line that says what was expected.

    The command prints it and exits with code 2. Any other exception is a fault of the library
    and keeps its traceback.
    """
