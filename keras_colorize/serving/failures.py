"""What goes wrong with a server that colorizes."""

UNAVAILABLE = "UNAVAILABLE"
BUSY = "RESOURCE_EXHAUSTED"
LATE = "DEADLINE_EXCEEDED"
REFUSED = "INVALID_ARGUMENT"
UNKNOWN_MODEL = "NOT_FOUND"
TOO_LARGE = "TOO_LARGE"
"""Codes that the client acts on; those of gRPC, but for the last: a message over a limit."""


class ServerError(OSError):
    """A server that cannot be reached, or refuses a request.

    Attributes:
        code: name of a status of gRPC, such as `"UNAVAILABLE"` or `"NOT_FOUND"`; `"TOO_LARGE"`
            for a message over a limit.
        wait: seconds that the server asks to wait before the next request.
    """

    def __init__(self, message, code="UNKNOWN", wait=0.0):
        super().__init__(message)
        self.code, self.wait = code, wait


class PicturesRefusedError(ServerError):
    """Some pictures of a call were refused; the others were made.

    Attributes:
        made: list of what was made of each picture, None for those that were refused.
        reasons: dict of sentences by position of the refused pictures.
    """

    def __init__(self, made, reasons):
        lines = [f"picture {position}: {reason}" for position, reason in sorted(reasons.items())]
        super().__init__(
            f"Expected {len(made)} pictures that can be used, {len(reasons)} were refused: "
            + "; ".join(lines),
            REFUSED,
        )
        self.made, self.reasons = made, reasons
