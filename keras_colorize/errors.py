"""The base of errors that a user can mend."""


class InputError(ValueError):
    """What a user gave cannot be used; the message is one line that says what was expected.

    The command prints it and exits with code 2. Any other exception is a fault of the library
    and keeps its traceback.
    """


def expect(fits, message, where=None, kind=InputError):
    """Raises an error, "Expected" and the message, unless that holds; with the file, if any."""
    if not fits:
        raise kind(f"Expected {message}." if where is None else f"{where}: expected {message}.")
