"""Colour profiles of 16-bit pictures, whose matrix and curves are applied without losing bits.

Pillow's colour management works on 8 bits per channel. Profiles made of tone curves and a matrix
(ICC.1:2022, sections 8.3.3, 8.4.3, 10.6 and 10.18) are simple enough to be applied in numpy.
"""

import functools
import struct

import numpy as np

from keras_colorize.io import icc
from keras_colorize.io.opening import BAND_ROWS

_LEVELS = 65536
# Half a level of 8 bits: tables of real sRGB profiles differ from the formula by less.
_SAME = 128


def to_srgb_uint16(colour, profile):
    """Converts 16-bit grey or RGB to sRGB by a profile of curves and a matrix.

    Args:
        colour: uint16 array (H, W, 1) or (H, W, 3) in the space of the profile.
        profile: ICC profile as bytes.

    Returns:
        uint16 array (H, W, 3) in sRGB, or None if the profile has no curves for such a picture.
    """
    try:
        curves, matrix = _curves_and_matrix(profile, colour.shape[-1])
    except (KeyError, ValueError, struct.error):
        return None
    probe = np.linspace(0, _LEVELS - 1, 33, dtype=np.uint16)
    cube = np.stack(np.meshgrid(*[probe] * colour.shape[-1], indexing="ij"), axis=-1)
    cube = cube.reshape(len(probe), -1, colour.shape[-1])
    if np.abs(_convert(cube, curves, matrix).astype(np.int32) - cube).max() <= _SAME:
        return np.repeat(colour, 3, axis=-1) if colour.shape[-1] == 1 else colour
    return _convert(colour, curves, matrix)


def _convert(colour, curves, matrix):
    converted = np.empty((*colour.shape[:2], 3), np.uint16)
    for top in range(0, len(colour), BAND_ROWS):
        band = colour[top : top + BAND_ROWS]
        linear = [curve[band[..., channel]] for channel, curve in enumerate(curves)]
        linear = np.stack(linear, axis=-1) @ matrix.T
        converted[top : top + BAND_ROWS] = np.rint(_encode(np.clip(linear, 0, 1)) * (_LEVELS - 1))
    return converted


def _encode(linear):
    # IEC 61966-2-1
    return np.where(
        linear <= 0.0031308, 12.92 * linear, 1.055 * np.maximum(linear, 1e-9) ** (1 / 2.4) - 0.055
    )


def _curves_and_matrix(profile, channels):
    tags = _tags(profile)
    if channels == 1:
        return [_curve(tags[b"kTRC"])], np.ones((3, 1), np.float32)
    if b"A2B0" in tags or b"A2B1" in tags:
        raise ValueError("The profile prefers its tables to its curves.")
    curves = [_curve(tags[name]) for name in (b"rTRC", b"gTRC", b"bTRC")]
    matrix = np.linalg.inv(_srgb_matrix()) @ _matrix(tags)
    return curves, matrix.astype(np.float32)


@functools.cache
def _srgb_matrix():
    return _matrix(_tags(icc.srgb_profile()))


def _matrix(tags):
    columns = [_fixed(tags[name][8:20]) for name in (b"rXYZ", b"gXYZ", b"bXYZ")]
    return np.stack(columns, axis=1)


def _tags(profile):
    (count,) = struct.unpack_from(">I", profile, 128)
    entries = (struct.unpack_from(">4sII", profile, 132 + 12 * i) for i in range(min(count, 100)))
    return {name: profile[offset : offset + size] for name, offset, size in entries}


def _fixed(data):
    return np.frombuffer(data, ">i4").astype(np.float64) / 65536


def _curve(tag):
    levels = np.linspace(0.0, 1.0, _LEVELS)
    if tag[:4] == b"curv":
        return _sampled_curve(tag, levels).astype(np.float32)
    if tag[:4] == b"para":
        return _parametric_curve(tag, levels).astype(np.float32)
    raise ValueError(f"Expected a curve of type curv or para, got {tag[:4]!r}.")


def _sampled_curve(tag, levels):
    (count,) = struct.unpack_from(">I", tag, 8)
    samples = np.frombuffer(tag[12 : 12 + 2 * count], ">u2")
    if count == 0:
        return levels
    if count == 1:
        return levels ** (samples[0] / 256)
    return np.interp(levels, np.linspace(0, 1, count), samples / 65535)


def _parametric_curve(tag, levels):
    (kind,) = struct.unpack_from(">H", tag, 8)
    if kind > 4:
        raise ValueError(f"Expected a parametric curve of kind 0 to 4, got {kind}.")
    given = _fixed(tag[12 : 12 + 4 * (1, 3, 4, 5, 7)[kind]])
    gamma, a, b, c, d, e, f = _seven_parameters(kind, *given)
    power = np.maximum(a * levels + b, 0.0) ** gamma + e
    return np.clip(np.where(levels >= d, power, c * levels + f), 0.0, 1.0)


def _seven_parameters(kind, gamma, a=1.0, b=0.0, c=0.0, d=0.0, e=0.0, f=0.0):
    if kind in (1, 2):
        return gamma, a, b, 0.0, -b / a, c, c
    return gamma, a, b, c, d, e, f
