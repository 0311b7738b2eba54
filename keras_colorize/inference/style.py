"""The global features of another picture (Iizuka 2016, section 4.5)."""

import numpy as np

from keras_colorize.errors import InputError
from keras_colorize.inference.compose import to_working_size
from keras_colorize.inference.pixels import lightness_of, pixels_of


class StyledNetwork:
    """Stands in for the network of a `Colorizer`: its colors, with a style's global features.

    Args:
        parts: two networks, what `split_style` makes of one.
        style: a picture, as a `Colorizer` takes it.
        working_size: long side in pixels at which the network sees it.

    Raises:
        PhotographError: if a file cannot be read.
        InputError: for several pictures.
    """

    def __init__(self, parts, style, working_size):
        pictures = pixels_of(style)
        if len(pictures) != 1:
            raise InputError(f"Expected one picture as style, received {len(pictures)}.")
        features, self._colors = parts
        lightness = to_working_size(lightness_of(pictures[0, ..., :3]), working_size)
        self._vector = features.predict_on_batch(lightness[None])

    def predict_on_batch(self, lightness):
        """Like that of the network: L* (N, H, W, 1) to a dict with its color output."""
        return self._colors.predict_on_batch(
            [lightness, np.repeat(self._vector, len(lightness), 0)]
        )
