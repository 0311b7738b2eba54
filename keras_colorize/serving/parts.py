"""Many pictures in several requests: one that is refused must not fail the others."""

import concurrent.futures
import re

from keras_colorize.serving.failures import REFUSED, TOO_LARGE, ServerError

# How an exported network names the pictures that it cannot read.
_NAMED = re.compile(r"image_bytes\[(\d+)\]: (.*?)(?=; image_bytes\[|\]?\s*\n|\]?$)")


class Parts:
    """Divides pictures into requests, and requests that are refused into smaller ones.

    Args:
        ask: takes a list of bytes, returns a list as long; raises `ServerError`.
        batch: most pictures in a request.
        limit: most bytes of the pictures of a request.
        message_size: function of the bytes of a picture: those that it takes in a request.
    """

    def __init__(self, ask, batch, limit, message_size):
        self.ask, self.batch, self.limit = ask, batch, limit
        self.message_size = message_size

    def run(self, pictures, in_flight):
        """Asks for all pictures.

        Args:
            pictures: list of bytes.
            in_flight: most requests at the same time.

        Returns:
            List of what was made, None for a picture that was refused, and the dict of reasons
            by position.

        Raises:
            ServerError: if it is not for a picture that a request failed.
            TypeError: for what is not bytes.
        """
        for picture in pictures:
            if not isinstance(picture, bytes):
                raise TypeError(f"Expected bytes of pictures, received {type(picture).__name__}.")
        made, reasons = {}, {}
        parts = list(self._divided(pictures, reasons))
        with concurrent.futures.ThreadPoolExecutor(in_flight) as pool:
            for answers, refused in pool.map(self._asked, parts):
                made |= answers
                reasons |= refused
        return [made.get(position) for position in range(len(pictures))], reasons

    def _divided(self, pictures, reasons):
        """Yields dicts of pictures by position; those that are too large get a reason."""
        part, size = {}, 0
        for position, picture in enumerate(pictures):
            bytes_of_it = self.message_size(len(picture))
            if bytes_of_it > self.limit:
                reasons[position] = _too_large(len(picture), self.limit)
                continue
            if part and (len(part) == self.batch or size + bytes_of_it > self.limit):
                yield part
                part, size = {}, 0
            part[position] = picture
            size += bytes_of_it
        if part:
            yield part

    def _asked(self, part):
        """Asks for a part; returns what was made and the reasons, both by position."""
        try:
            return dict(zip(part, self.ask(list(part.values())), strict=True)), {}
        except ServerError as error:
            if error.code not in (REFUSED, TOO_LARGE):
                raise
            if len(part) > 1:
                return self._asked_again(part, error)
            reason = _reason(error)
            if reason is None:
                raise
            return {}, {next(iter(part)): reason}

    def _asked_again(self, part, error):
        # A server may join or split requests, and then its positions are not those of this one.
        # So a picture is refused for good only where it was asked for alone.
        made, reasons = {}, {}
        for smaller in _smaller(part, _named(error)):
            answers, refused = self._asked(smaller)
            made |= answers
            reasons |= refused
        return made, reasons


def _smaller(part, named):
    """Divides a part: the pictures that were named each alone, and the others together."""
    places = list(part)
    alone = [places[index] for index in named if index < len(places)]
    others = [place for place in places if place not in alone]
    if not alone:
        half = len(places) // 2
        groups = [places[:half], places[half:]]
    else:
        groups = [*([place] for place in alone), others]
    return [{place: part[place] for place in group} for group in groups if group]


def _named(error):
    return [int(index) for index, _ in _NAMED.findall(str(error))]


def _reason(error):
    """Why the one picture of a request was refused, None if the error is about something else."""
    if error.code == TOO_LARGE:
        return (
            "expected an answer within the limit of a message, received a larger one: raise "
            f"max_message_bytes or send a smaller picture ({error})"
        )
    found = _NAMED.search(str(error))
    return found and found[2]


def _too_large(size, limit):
    return (
        f"expected a picture that fits into a message of {limit} bytes, received one of {size}: "
        "raise max_message_bytes or send a smaller one"
    )
