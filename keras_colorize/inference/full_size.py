"""Predicted color on a picture at its full size, in the picture's own number type."""

import numpy as np

from keras_colorize.color import reduce_chroma_to_gamut
from keras_colorize.inference.compose import compose
from keras_colorize.inference.pixels import bands, from_float
from keras_colorize.inference.pixelwise import apply_pixelwise


def at_full_size(lightness, ab, saturation=1.0, dtype="uint8"):
    """Composes a picture band by band, which bounds the memory.

    Args:
        lightness: float array (H, W, 1), L* in 0..100.
        ab: float array (h, w, 2), a and b at any size.
        saturation: factor on the chroma.
        dtype: type of the result, see `from_float`.

    Returns:
        Array (H, W, 3) of sRGB.
    """
    height, width = lightness.shape[:2]
    pixels = np.empty((height, width, 3), dtype)
    for rows in bands(height, width):
        rgb = compose(lightness[rows][None], ab[None], saturation, rows.start, height, _to_rgb)
        pixels[rows] = from_float(rgb[0], dtype)
    return pixels


def _to_rgb(lab):
    return apply_pixelwise(reduce_chroma_to_gamut, lab)
