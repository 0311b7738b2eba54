"""Predicted color on a picture at its full size, in the picture's own number type."""

from keras_colorize.color import reduce_chroma_to_gamut
from keras_colorize.inference.compose import compose
from keras_colorize.inference.pixels import bands, from_float
from keras_colorize.inference.pixelwise import apply_pixelwise


def compose_into(target, lightness, ab, saturation):
    """Composes a picture band by band, which bounds the memory.

    Args:
        target: array (H, W, 3 or 4) that gets the sRGB, see `from_float`; alpha stays.
        lightness: float array (H, W, 1), L* in 0..100.
        ab: float array (h, w, 2), a and b at any size.
        saturation: factor on the chroma.
    """
    height, width = lightness.shape[:2]
    for rows in bands(height, width):
        rgb = compose(lightness[rows][None], ab[None], saturation, rows.start, height, _to_rgb)
        target[rows, :, :3] = from_float(rgb[0], target.dtype)


def _to_rgb(lab):
    return apply_pixelwise(reduce_chroma_to_gamut, lab)
