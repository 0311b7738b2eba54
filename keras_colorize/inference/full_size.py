"""Predicted color on a picture at its full size, in the picture's own number type."""

import functools

import numpy as np
from keras import ops

from keras_colorize.color.gamut import lab_to_rgb_in_gamut
from keras_colorize.inference.compose import compose, to_srgb, widen
from keras_colorize.inference.pixels import bands, from_float
from keras_colorize.inference.pixelwise import CHUNKS, apply_pixelwise


def compose_into(target, lightness, ab, saturation):
    """Composes a picture band by band, which bounds the memory.

    Args:
        target: array (H, W, 3 or 4) that gets the sRGB, see `from_float`; alpha stays.
        lightness: float array (H, W, 1), L* in 0..100.
        ab: float array (h, w, 2), a and b at any size.
        saturation: factor on the chroma.
    """
    height, width = lightness.shape[:2]
    to_levels = functools.partial(_to_levels, dtype=target.dtype)
    wide = np.ascontiguousarray(widen(ops.convert_to_numpy(ab)[None], width))
    for rows in bands(height, width, CHUNKS[-1]):
        made = compose(lightness[rows][None], wide, saturation, rows.start, height, to_levels)
        target[rows, :, :3] = made[0]


def _to_levels(lightness, ab, dtype):
    """Does what `to_srgb` and `from_float` do, with the search for the chroma only where needed."""
    made, fits = apply_pixelwise(_in_gamut(np.dtype(dtype).name), lightness, ab)
    outside = np.flatnonzero(~fits)
    if len(outside):
        colors = (
            ops.convert_to_numpy(values).reshape(-1, values.shape[-1])[outside]
            for values in (lightness, ab)
        )
        made.reshape(-1, 3)[outside] = from_float(apply_pixelwise(to_srgb, *colors), dtype)
    return made


@functools.cache
def _in_gamut(dtype):
    def convert(lightness, ab):
        rgb, fits = lab_to_rgb_in_gamut(ops.concatenate([lightness, ab], axis=-1))
        if np.dtype(dtype).kind == "f":
            return rgb, fits
        # As `from_float`, in the same pass over the pixels.
        return ops.cast(ops.round(rgb * float(np.iinfo(dtype).max)), dtype), fits

    return convert
