"""The pictures that are measured: which they are, their size, their grey, their recoloring."""

import numpy as np
from keras import ops

from keras_colorize.color import reduce_chroma_to_gamut, rgb_to_lab
from keras_colorize.inference.pixels import to_float
from keras_colorize.inference.pixelwise import apply_pixelwise
from keras_colorize.io import find_photographs, read_photograph

LONG_SIDE = 256
"""Larger photographs are measured at this size."""


def measured_paths(folder, limit=None):
    """Paths of the photographs to measure.

    Args:
        folder: folder of color photographs.
        limit: how many are taken, in the order of their paths; None for all.

    Returns:
        List of paths.

    Raises:
        PhotographError: if there are none.
    """
    return [path for path, _ in find_photographs([folder])][:limit]


def scaled_rgb(path, long_side):
    """Reads a photograph at a size that is quick to measure.

    Args:
        path: path of a photograph.
        long_side: most pixels of the long side; smaller photographs stay as they are.

    Returns:
        float32 array (H, W, 3), sRGB in [0, 1].

    Raises:
        PhotographError: if it cannot be read.
    """
    return scale_down(read_photograph(path).pixels, long_side)


def scale_down(pixels, long_side):
    """Scales a picture to a size that is quick to measure.

    Args:
        pixels: array (H, W, 3), sRGB, see `to_float`.
        long_side: see `scaled_rgb`.

    Returns:
        float32 array (H, W, 3), sRGB in [0, 1].
    """
    rgb = to_float(pixels)
    scale = long_side / max(rgb.shape[:2])
    if scale >= 1:
        return rgb
    size = [max(1, round(side * scale)) for side in rgb.shape[:2]]
    small = ops.image.resize(rgb, size, interpolation="bicubic", antialias=True)
    return np.clip(ops.convert_to_numpy(small), 0.0, 1.0)


def as_grey(lightness):
    """The grey picture of a lightness.

    Args:
        lightness: array (H, W, 1), L* in 0..100.

    Returns:
        float32 array (H, W, 3), sRGB in [0, 1].
    """
    return _composed(lightness, np.zeros((*np.shape(lightness)[:2], 2), "float32"))


def recolored(rgb, made):
    """Puts the color of one picture on the lightness of another.

    So another program is measured by its color alone, as this library is, even if it changed
    the lightness, too.

    Args:
        rgb: array (H, W, 3), sRGB in [0, 1], whose L* is taken.
        made: array of the same shape, whose a and b are taken.

    Returns:
        float32 array (H, W, 3), sRGB in [0, 1].
    """
    lightness = apply_pixelwise(rgb_to_lab, rgb)[..., :1]
    return _composed(lightness, apply_pixelwise(rgb_to_lab, made)[..., 1:])


def _composed(lightness, ab):
    lab = np.concatenate([np.asarray(lightness, "float32"), ab], axis=-1)
    return apply_pixelwise(reduce_chroma_to_gamut, lab)
