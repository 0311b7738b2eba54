"""Pixels as users hold them: any number type, bands of rows, the network's working size."""

import functools

import numpy as np

from keras_colorize.color import rgb_to_lightness
from keras_colorize.inference.cubic import resize_plane
from keras_colorize.inference.pixelwise import apply_pixelwise

BAND_PIXELS = 1 << 20
"""Pixels that are converted at once; bounds the memory of the floating-point copies."""


def bands(height, width, most=BAND_PIXELS):
    """Ranges of rows.

    Args:
        height: rows in all.
        width: pixels per row.
        most: pixels in a range, unless one row has more.

    Returns:
        List of slices that cover the rows.
    """
    rows = max(1, most // width)
    return [slice(top, min(top + rows, height)) for top in range(0, height, rows)]


def to_float(pixels):
    """Integer pixels to [0, 1]; floating-point ones must be there already.

    Args:
        pixels: array of uint8, uint16 or a floating-point type.

    Returns:
        float32 array in [0, 1].

    Raises:
        ValueError: for another type, values outside [0, 1], or values that are not finite.
    """
    if pixels.dtype.kind == "u" and pixels.dtype.itemsize <= 2:
        return pixels.astype("float32") / np.iinfo(pixels.dtype).max
    if pixels.dtype.kind != "f":
        raise ValueError(
            f"Expected pixels in bool, uint8, uint16 or floating point, received {pixels.dtype}."
        )
    if not (pixels.min() >= 0 and pixels.max() <= 1):
        raise ValueError(
            "Expected floating-point pixels in [0, 1], received "
            f"{pixels.min():.4g}..{pixels.max():.4g}."
        )
    return pixels.astype("float32")


def from_float(rgb, dtype):
    """Colors in [0, 1] to a number type, rounded to the nearest level.

    Args:
        rgb: float array in [0, 1].
        dtype: uint8, uint16 or a floating-point type.

    Returns:
        Array of that type.
    """
    if np.dtype(dtype).kind == "f":
        return rgb.astype(dtype)
    return np.rint(rgb * np.iinfo(dtype).max).astype(dtype)


def lightness_of(pixels):
    """L* of a picture, band by band.

    Args:
        pixels: array (H, W, 1) or (H, W, 3), see `to_float`.

    Returns:
        float32 array (H, W, 1), 0..100.
    """
    lightness = np.empty((*pixels.shape[:2], 1), "float32")
    for rows in bands(*pixels.shape[:2]):
        lightness[rows] = _lightness_of(pixels[rows])
    return lightness


def _lightness_of(pixels):
    first, *others = np.moveaxis(pixels, -1, 0)
    if pixels.dtype.kind == "u" and all(np.array_equal(first, other) for other in others):
        return np.take(_grey_lightness(pixels.dtype), first)[..., None]
    rgb = to_float(pixels)
    return apply_pixelwise(rgb_to_lightness, np.broadcast_to(rgb, (*rgb.shape[:2], 3)))


@functools.cache
def _grey_lightness(dtype):
    """L* of every level of grey: most pictures that are to be colorized have only these."""
    levels = to_float(np.arange(np.iinfo(dtype).max + 1, dtype=dtype))
    return apply_pixelwise(rgb_to_lightness, np.repeat(levels[:, None], 3, axis=-1))[:, 0]


def to_working_size(lightness, working_size, multiple):
    """Scales lightness so that its long side has the working size.

    The sides are rounded to multiples of the network's stride, which moves the aspect ratio a
    little and spares borders that the network never saw in training.

    Args:
        lightness: array (H, W, 1), L*.
        working_size: long side in pixels.
        multiple: stride of the network.

    Returns:
        float32 array (h, w, 1), L* in 0..100.
    """
    longest = max(lightness.shape[:2])
    size = [
        multiple * max(1, divided(side * working_size, longest * multiple))
        for side in lightness.shape[:2]
    ]
    return np.clip(resize_plane(lightness[..., 0], size), 0.0, 100.0)[..., None]


def divided(number, by):
    """Divides whole numbers and rounds as `round` does, halves to even numbers.

    Args:
        number: integer, or integer tensor, at least 0.
        by: the same, above 0.

    Returns:
        Integer, or integer tensor.
    """
    return (2 * number + by - 1 + number // by % 2) // (2 * by)
