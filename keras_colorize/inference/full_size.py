"""Predicted color on pictures at their full size, in their own number type."""

import functools

import numpy as np
from keras import ops

from keras_colorize.color.gamut import lab_to_rgb_in_gamut
from keras_colorize.inference.compose import compose, to_srgb, widen
from keras_colorize.inference.pixels import bands, from_float
from keras_colorize.inference.pixelwise import CHUNKS, apply_pixelwise


def compose_into(target, lightness, ab, saturation):
    """Composes pictures of one size band by band, which bounds the memory.

    What `compose` does with `to_srgb`, but the search for the chroma that sRGB can show is done
    only for the colors that need it, of several bands together.

    Args:
        target: array (N, H, W, 3 or 4) that gets the sRGB, see `from_float`; alpha stays.
        lightness: float array (N, H, W, 1), L* in 0..100.
        ab: float array (N, h, w, 2), a and b at any size.
        saturation: factor on the chroma.
    """
    count, height, width, _ = lightness.shape
    convert = functools.partial(_converted, _converter(target.dtype.name))
    wide = np.ascontiguousarray(widen(ops.convert_to_numpy(ab), width))
    waiting = []
    for rows in bands(height, count * width, CHUNKS[-1]):
        levels, (picture, row, column), colors = compose(
            lightness[:, rows], wide, saturation, rows.start, height, convert
        )
        target[:, rows, :, :3] = levels
        waiting.append((picture, row + rows.start, column, colors))
        if rows.stop == height or sum(len(colors) for *_, colors in waiting) >= CHUNKS[-2]:
            _reduce(target, lightness, *map(np.concatenate, zip(*waiting, strict=True)))
            waiting.clear()


def _reduce(target, lightness, *places_and_colors):
    *places, colors = places_and_colors
    if len(colors):
        places = tuple(places)
        rgb = apply_pixelwise(to_srgb, lightness[places], colors)
        target[(*places, slice(3))] = from_float(rgb, target.dtype)


def _converted(converter, lightness, ab):
    """Levels of the colors that fit; where the others are, and their a and b."""
    levels, fits = apply_pixelwise(converter, lightness, ab)
    outside = np.nonzero(~fits[..., 0])
    return levels, outside, ops.convert_to_numpy(ab)[outside]


@functools.cache
def _converter(dtype):
    def convert(lightness, ab):
        rgb, fits = lab_to_rgb_in_gamut(ops.concatenate([lightness, ab], axis=-1))
        if np.dtype(dtype).kind == "f":
            return rgb, fits
        # As `from_float`, in the same pass over the pixels.
        return ops.cast(ops.round(rgb * float(np.iinfo(dtype).max)), dtype), fits

    return convert
