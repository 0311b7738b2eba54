"""Asking again, later and later, where that can help."""

import dataclasses
import itertools
import random
import time
from collections.abc import Callable

from keras_colorize.serving.failures import BUSY, LATE, UNAVAILABLE, ServerError

REPEATABLE = (UNAVAILABLE, BUSY, LATE)
"""Codes of failures that pass. A request changes nothing on the server, so all can be repeated."""


@dataclasses.dataclass(frozen=True)
class Retry:
    """How often and when a request is repeated.

    The n-th wait is `first * 2 ** n` seconds, at most `longest`, less up to half of it by chance,
    so that clients that failed together do not come back together. A server that asks for a
    longer wait gets it.

    Args:
        times: most repetitions of a request; 0 for none.
        first: seconds before the first repetition.
        longest: most seconds between two.
        clock: function that returns seconds that only grow.
        sleep: function that waits for seconds.
        chance: function that returns a random number in [0, 1).

    Raises:
        ValueError: for a number below 0.
    """

    times: int = 4
    first: float = 0.25
    longest: float = 8.0
    clock: Callable = time.monotonic
    sleep: Callable = time.sleep
    chance: Callable = random.random

    def __post_init__(self):
        for name in ("times", "first", "longest"):
            if not getattr(self, name) >= 0:
                raise ValueError(
                    f"Expected {name} of at least 0, received {getattr(self, name)!r}."
                )

    def call(self, function, timeout):
        """Calls a function until it succeeds, fails for good, or the time is up.

        Args:
            function: takes the seconds that are left.
            timeout: seconds for all calls and waits together.

        Returns:
            What the function returns.

        Raises:
            ServerError: the last one of the function.
        """
        end = self.clock() + timeout
        for made in itertools.count():
            try:
                return function(end - self.clock())
            except ServerError as error:
                wait = self._wait(made, error)
                passes = error.code in REPEATABLE and made < self.times
                if not (passes and self.clock() + wait < end):
                    raise _with_count(error, made + 1) from error
            self.sleep(wait)
        return None

    def _wait(self, made, error):
        wait = min(self.longest, self.first * 2**made)
        return max(error.wait, wait * (1.0 - 0.5 * self.chance()))


def _with_count(error, count):
    if count == 1:
        return error
    return ServerError(f"{error} (asked {count} times)", error.code, error.wait)
