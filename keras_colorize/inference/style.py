"""A network that colors with the global features of another picture (Iizuka 2016, section 4.5)."""

import numpy as np

from keras_colorize.inference.pictures import photograph_of, pictures_of
from keras_colorize.inference.pixels import lightness_of
from keras_colorize.models import split_style


def style_lightness(style):
    """L* of a picture whose style is wanted.

    Args:
        style: a picture, as a `Colorizer` takes it.

    Returns:
        float32 array (H, W, 1), 0..100.

    Raises:
        PhotographError: if a file cannot be read.
        ValueError: for several pictures.
    """
    pictures = pictures_of(style if isinstance(style, np.ndarray) else photograph_of(style).pixels)
    if len(pictures) != 1:
        raise ValueError(f"Expected one picture as style, received {len(pictures)}.")
    return lightness_of(pictures[0, ..., :3])


class StyledNetwork:
    """Stands in for the network of a `Colorizer`.

    Args:
        model: network with global features.
        lightness: float array (1, H, W, 1), L* in 0..100 of the picture whose global features
            are used, at a working size.

    Raises:
        ValueError: if the network has no global features.
    """

    def __init__(self, model, lightness):
        style, self._colors = split_style(model)
        self._vector = style.predict_on_batch(lightness)

    def predict_on_batch(self, lightness):
        """Like that of the network: L* (N, H, W, 1) to a dict with its color output."""
        return self._colors.predict_on_batch(
            [lightness, np.repeat(self._vector, len(lightness), 0)]
        )
