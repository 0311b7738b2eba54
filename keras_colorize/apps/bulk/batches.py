"""Pictures of equal working shape, put together for the network."""

HELD_PIXELS = 32_000_000
"""Most pixels of full-size pictures that wait for others of their shape, about 0.2 GB."""


class ShapeBatches:
    """Collects pictures until enough of one shape are there.

    Args:
        at_once: most pictures of a batch.
        held_pixels: most pixels that wait; beyond it the largest batch goes out as it is.
    """

    def __init__(self, at_once, held_pixels=HELD_PIXELS):
        self.at_once, self.held_pixels = at_once, held_pixels
        self._waiting = {}

    def add(self, picture):
        """Takes a picture.

        Args:
            picture: has `seen`, an array whose shape counts, and `pixels`, its full size.

        Returns:
            List of the batches that are ready, lists of pictures whose `seen` are alike.
        """
        shape = picture.seen.shape
        self._waiting.setdefault(shape, []).append(picture)
        ready = [self._waiting.pop(shape)] if len(self._waiting[shape]) >= self.at_once else []
        while sum(map(_pixels, self._waiting.values())) > self.held_pixels:
            ready.append(self._waiting.pop(max(self._waiting, key=self._pixels_of)))
        return ready

    def rest(self):
        """Gives out what still waits: list of batches, none of them full."""
        waiting, self._waiting = self._waiting, {}
        return list(waiting.values())

    def _pixels_of(self, shape):
        return _pixels(self._waiting[shape])


def _pixels(pictures):
    return sum(picture.pixels for picture in pictures)
