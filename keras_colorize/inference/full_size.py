"""Predicted color on pictures at their full size, in their own number type."""

import functools

import numpy as np
from keras import ops

from keras_colorize.color.gamut import lab_to_rgb_in_gamut
from keras_colorize.inference.compose import compose, to_srgb, widen
from keras_colorize.inference.pixels import bands, from_float
from keras_colorize.inference.pixelwise import CHUNKS, apply_pixelwise

ENOUGH = 1 << 16
"""Colors that sRGB cannot show that are collected before their chroma is reduced."""


def compose_into(target, lightness, ab, saturation):
    """Composes pictures of one size band by band, which bounds the memory.

    What `compose` does with `to_srgb`, but the search for the chroma that sRGB can show is done
    only for the colors that need it, of several bands together.

    Args:
        target: contiguous array (N, H, W, 3 or 4) that gets the sRGB, see `from_float`; alpha
            stays.
        lightness: contiguous float array (N, H, W, 1), L* in 0..100.
        ab: float array (N, h, w, 2), a and b at any size.
        saturation: factor on the chroma.

    Raises:
        ValueError: if the target is not contiguous.
    """
    if not target.flags.c_contiguous:
        raise ValueError("Expected a contiguous target, received a view of another array.")
    count, height, width, _ = lightness.shape
    convert = functools.partial(_converted, _converter(target.dtype.name))
    wide = np.ascontiguousarray(widen(ops.convert_to_numpy(ab), width))
    waiting = []
    for rows in bands(height, count * width, CHUNKS[-1]):
        levels, outside, colors = compose(
            lightness[:, rows], wide, saturation, rows.start, height, convert
        )
        target[:, rows, :, :3] = levels
        picture, place = np.divmod(outside, (rows.stop - rows.start) * width)
        waiting.append(((picture * height + rows.start) * width + place, colors))
        if rows.stop == height or sum(len(colors) for _, colors in waiting) >= ENOUGH:
            _reduce(target, lightness, *map(np.concatenate, zip(*waiting, strict=True)))
            waiting.clear()


def _reduce(target, lightness, places, colors):
    if len(places):
        rgb = apply_pixelwise(to_srgb, np.take(lightness, places)[:, None], colors)
        target.reshape(-1, target.shape[-1])[places, :3] = from_float(rgb, target.dtype)


def _converted(converter, lightness, ab):
    """Levels of the colors that fit; where the others are, and their a and b."""
    levels, fits = apply_pixelwise(converter, lightness, ab)
    outside = np.flatnonzero(~fits)
    return levels, outside, np.take(ops.convert_to_numpy(ab).reshape(-1, 2), outside, axis=0)


@functools.cache
def _converter(dtype):
    def convert(lightness, ab):
        rgb, fits = lab_to_rgb_in_gamut(ops.concatenate([lightness, ab], axis=-1))
        if np.dtype(dtype).kind == "f":
            return rgb, fits
        # As `from_float`, in the same pass over the pixels.
        return ops.cast(ops.round(rgb * float(np.iinfo(dtype).max)), dtype), fits

    return convert
