"""From L* and small a and b to sRGB at full size; and bicubic resizing (Keys 1981, a = -1/2).

Resizing is antialiased, as `keras.ops.image.resize` up to rounding, by products of small matrices.
"""

import numpy as np
from keras import ops

from keras_colorize.color import reduce_chroma_to_gamut
from keras_colorize.color.gamut import lab_to_rgb_in_gamut
from keras_colorize.errors import InputError
from .options import STRIDE
from .pixels import apply_pixelwise, bands, from_float

ENOUGH = 1 << 16
"""Colors that sRGB cannot show that are collected before their chroma is reduced."""

_REACH = 2  # of the kernel to either side, in pixels of the coarser picture
_BLOCK = 16  # rows computed from one window where a picture shrinks: more would read too much


def compose(lightness, ab, saturation=1.0, target=None):
    """Puts ab (N, h, w, 2) of any size on lightness (N, H, W, 1), L* in 0..100, as sRGB.

    Saturation multiplies the chroma, which is reduced where sRGB cannot show it; L* and hue stay.
    The target (N, H, W, 3 or 4), contiguous, is filled in its type and keeps its alpha; None makes
    one in float32. Works in bands, which bounds the memory.
    """
    count, height, width, _ = lightness.shape
    target = np.empty((count, height, width, 3), "float32") if target is None else target
    if not target.flags.c_contiguous:
        raise InputError("Expected a contiguous target, received a view of another array.")
    ab = np.asarray(ops.convert_to_numpy(ab), "float32")
    wide = saturation * resize_bicubic(ab, (ab.shape[1], width))
    pending, waiting = [], 0
    for rows in bands(height, count * width):
        band = resize_bicubic(wide, (height, width), rows.start, rows.stop - rows.start)
        lab = np.concatenate([lightness[:, rows], band], axis=-1)
        target[:, rows, :, :3], fits = apply_pixelwise(_levels, lab, dtype=target.dtype.name)
        outside = np.flatnonzero(~fits)
        picture, place = np.divmod(outside, (rows.stop - rows.start) * width)
        places = (picture * height + rows.start) * width + place
        pending.append((places, np.take(lab.reshape(-1, 3), outside, axis=0)))
        waiting += len(outside)
        if waiting and (rows.stop == height or waiting >= ENOUGH):
            places, colors = map(np.concatenate, zip(*pending, strict=True))
            rgb = apply_pixelwise(reduce_chroma_to_gamut, colors)
            target.reshape(-1, target.shape[-1])[places, :3] = from_float(rgb, target.dtype)
            pending, waiting = [], 0
    return target


def _levels(lab, dtype):
    """The nearest levels of a color, as `from_float` gives them, and whether sRGB can show it."""
    rgb, fits = lab_to_rgb_in_gamut(lab)
    if np.dtype(dtype).kind == "f":
        return rgb, fits
    return ops.cast(ops.round(rgb * float(np.iinfo(dtype).max)), dtype), fits


def to_working_size(lightness, working_size):
    """Scales L* (H, W, 1) to a long side in pixels; both sides are multiples of the stride."""
    sides = lightness.shape[:2]
    size = [STRIDE * max(1, round(side * working_size / (max(sides) * STRIDE))) for side in sides]
    return np.clip(resize_bicubic(lightness[None], size)[0], 0.0, 100.0)


def resize_bicubic(x, size, top=0, rows=None):
    """Resizes float32 (N, h, w, C) to size (H, W), or gives `rows` rows of it from `top`."""
    height, width = size
    rows = height if rows is None else rows
    # The direction first that leaves less to do in the other one.
    if isinstance(height, int) and height < x.shape[1]:
        x, top = _resize_rows(x, height, top, rows), None
    if not isinstance(width, int) or width != x.shape[2]:
        on = np if isinstance(x, np.ndarray) else ops
        turned = _resize_rows(on.transpose(x, (0, 2, 1, 3)), width, 0, width)
        x = on.transpose(turned, (0, 2, 1, 3))
    return x if top is None else _resize_rows(x, height, top, rows)


def _resize_rows(x, after, first, count):
    # Numpy's small operations cost less than tensors', where its arrays come in.
    known = isinstance(x, np.ndarray)
    on = np if known else ops
    batch, before, width, channels = x.shape if known else ops.shape(x)
    if known and before == after == count:
        return x
    flat = on.reshape(x, (batch, before, width * channels))
    ratio = on.array(on.divide(before, after), dtype="float32")
    reach = _REACH * (1 + before // after) + 1
    step = _BLOCK if known and after < before else count
    parts = []
    for top in range(first, first + count, step) if known else (first,):
        step = min(step, first + count - top) if known else step
        start = on.maximum(top * before // after - reach, 0)
        end = on.minimum((top + step) * before // after + reach, before)
        places = on.arange(start, end, dtype="float32")
        rows = on.arange(top, top + step, dtype="float32")[:, None]
        # What each place contributes to each row.
        distance = on.absolute((rows + 0.5) * ratio - 0.5 - places) / on.maximum(ratio, 1.0)
        near = ((1.5 * distance - 2.5) * distance) * distance + 1.0
        far = ((-0.5 * distance + 2.5) * distance - 4.0) * distance + 2.0
        weights = on.where(distance < 1.0, near, on.where(distance < 2.0, far, 0.0))
        weights = weights / on.sum(weights, axis=-1, keepdims=True)
        # Numpy does not multiply: its threads would wait for more, at the cost of the network's.
        part = ops.matmul(weights, flat[:, start:end])
        parts.append(ops.convert_to_numpy(part) if known else part)
    whole = parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)
    return on.reshape(whole, (batch, count, width, channels))
