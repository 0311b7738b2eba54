"""A colorizer whose network is on a server."""

import numpy as np

from keras_colorize.inference.base import BaseColorizer
from keras_colorize.inference.options import STRIDE, Options, check
from keras_colorize.serving.failures import ServerError


class RemoteColorizer(BaseColorizer):
    """Colorizes as `Colorizer` does, but asks a server for the colors.

    Only the lightness at the working size goes to the server and only the small a and b come
    back, so that large pictures and those of 16 bits cost no more, and nobody else sees them in
    full. Decoder, temperature, rebalancing and refinement are those that were exported.

    Args:
        client: a `Client`.
        working_size: long side in pixels at which the network sees a photograph.
        saturation: factor on the chroma that comes from the server, which multiplied it by that
            of the exported colorizer.

    Raises:
        ValueError: for a number outside its range.
    """

    # Each photograph has its own time to be answered in, with its own repetitions.
    at_once = 1

    def __init__(self, client, working_size, saturation=1.0):
        check(Options, working_size=working_size, saturation=saturation)
        self.client, self.name = client, client.model.name
        self.working_size, self.saturation = working_size, saturation

    def predict_ab(self, lightness, hints=None):
        """Asks for color; see `BaseColorizer.predict_ab`.

        Raises:
            ServerError: if the server cannot be reached or refuses.
            ValueError: with hints, which do not travel.
        """
        if hints is not None:
            raise ValueError("Expected no hints for a network on a server.")
        ab = self.client.predict_ab(lightness)
        if not np.isfinite(ab).all():
            raise ServerError(f"{self.name}: expected finite a and b from the server.")
        return ab

    def check(self):
        """Asks for the colors of a tiny picture.

        Raises:
            ServerError: if the server cannot be reached or does not colorize.
        """
        self.predict_ab(np.full((1, STRIDE, STRIDE, 1), 50.0, "float32"))
