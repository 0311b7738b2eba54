"""From L* and small a and b to sRGB at full size; and bicubic resizing (Keys 1981, a = -1/2).

Resizing is antialiased, as `keras.ops.image.resize` up to rounding.
"""

import numpy as np
from keras import ops

from keras_colorize.color.gamut import ROUNDING, STEPS, TOLERANCE
from keras_colorize.color.lab import INTERCEPT, KNEE, SLOPE
from keras_colorize.color.xyz import GAMMA, KNEE_LINEAR, LINEAR_SLOPE, OFFSET, RGB_FROM_XYZ, WHITE
from .options import STRIDE
from .pixels import compiled, in_bands

_MATRIX = np.float32(RGB_FROM_XYZ * WHITE)
_KNEE, _INTERCEPT, _SLOPE = np.float32([KNEE, INTERCEPT, 1 / SLOPE])
_DARK, _DARK_SLOPE = np.float32(KNEE_LINEAR), np.float32(LINEAR_SLOPE)
# Display values as a polynomial of the fourth root of linear light, right to 5e-7.
_ROOTS = np.linspace(KNEE_LINEAR**0.25, 1.0, 1000)
_CURVE = np.polyfit(_ROOTS, (1 + OFFSET) * _ROOTS ** (4 / GAMMA) - OFFSET, 8).astype("float32")
_TOGETHER = 64
_REACH = 2  # of the kernel to either side, in pixels of the coarser picture


def compose(lightness, ab, saturation=1.0, target=None):
    """Puts ab (N, h, w, 2) of any size on lightness, L* in 0..100, as sRGB.

    The lightness is an array (N, H, W, 1), or a list of these or of a `Lightness` each.
    Saturation multiplies the chroma, which is reduced where sRGB cannot show it, as by
    `color.reduce_chroma_to_gamut`; L* and hue stay. The target (N, H, W, 3 or 4) is filled in its
    type and keeps its alpha; None makes one in float32.
    """
    count, (height, width, _) = len(lightness), lightness[0].shape
    target = np.empty((count, height, width, 3), "float32") if target is None else target
    # What Numba does not know, half precision and foreign byte orders, is made of what it knows.
    native = target.dtype.newbyteorder("=") if target.dtype.kind == "u" else np.dtype("float32")
    if target.dtype != native:
        known = np.empty((count, height, width, 3), native)
        target[..., :3] = compose(lightness, ab, saturation, known)
        return target
    ab = saturation * np.asarray(ops.convert_to_numpy(ab), "float32")
    wide = resize_bicubic(ab, (ab.shape[1], width)).transpose(0, 3, 1, 2).copy()
    taps = _taps(ab.shape[1], height)
    top = np.float32(1.0 if target.dtype.kind == "f" else np.iinfo(target.dtype).max)
    half = np.float32(0.0 if target.dtype.kind == "f" else 0.5)

    def fill(number, rows):
        levels = np.asarray(lightness[number][rows][..., 0], "float32")
        parts = levels, wide[number], *(each[rows] for each in taps)
        _fill(*parts, top, half, target[number, rows])

    in_bands(fill, count, height, width)
    return target


@compiled
def _fill(lightness, wide, first, weights, top, half, target):
    """Fills rows (H, W, C): wide (2, h, W) is enlarged downwards by the taps of these rows."""
    width = lightness.shape[1]
    ab, light = np.empty((2, width), np.float32), np.empty((3, width), np.float32)
    excess, outside = np.empty(width, np.float32), np.empty(width, np.int32)
    search, line = np.empty((4, width), np.float32), np.empty((3, width), target.dtype)
    for row in range(len(lightness)):
        ab[:] = 0.0
        for tap in range(weights.shape[1]):
            for channel in range(2):
                source, weight = wide[channel, first[row] + tap], weights[row, tap]
                for x in range(width):
                    ab[channel, x] += weight * source[x]
        count = 0
        for x in range(width):
            red, green, blue = _linear_light(lightness[row, x], ab[0, x], ab[1, x])
            light[0, x], light[1, x], light[2, x] = red, green, blue
            excess[x] = _excess(red, green, blue)
        for x in range(width):
            outside[count] = x
            count += excess[x] > 0.0
        for place in range(count):
            x = outside[place]
            search[0, place], search[1, place] = lightness[row, x], ab[0, x]
            search[2, place], search[3, place] = ab[1, x], excess[x]
        _reduce(search, count)
        for place in range(count):
            for channel in range(3):
                light[channel, outside[place]] = search[channel, place]
        for channel in range(3):
            for x in range(width):
                line[channel, x] = _display(light[channel, x]) * top + half
        for x in range(width):
            target[row, x, 0] = line[0, x]
            target[row, x, 1] = line[1, x]
            target[row, x, 2] = line[2, x]


@compiled
def _reduce(colors, count):
    """From L*, a, b and their excess to linear light with the chroma reduced until it fits.

    Takes the steps of `color.reduce_chroma_to_gamut`, of `_TOGETHER` colors at a time: only of one
    array of a known size does the compiler know that nothing overlaps, and makes vectors.
    """
    half, rounding, zero = np.float32(0.5), np.float32(ROUNDING), np.float32(0)
    block = np.zeros((7, _TOGETHER), np.float32)
    lightness, a, b, excess_outside, excess_inside, inside, outside = range(7)
    for start in range(0, count, _TOGETHER):
        size = min(_TOGETHER, count - start)
        for i in range(size):
            for row in range(4):
                block[row, i] = colors[row, start + i]
        for i in range(_TOGETHER):
            block[excess_inside, i] = _excess(*_linear_light(block[lightness, i], zero, zero))
            block[inside, i], block[outside, i] = 0.0, 1.0
        for _ in range(STEPS):
            for i in range(_TOGETHER):
                near, far = block[inside, i], block[outside, i]
                low, high = block[excess_inside, i], block[excess_outside, i]
                middle = (near * high - far * low) / (high - low)
                light = _linear_light(
                    block[lightness, i], middle * block[a, i], middle * block[b, i]
                )
                excess = _excess(*light)
                fits = excess <= rounding
                block[inside, i], block[outside, i] = (
                    middle if fits else near,
                    far if fits else middle,
                )
                block[excess_inside, i] = min(excess, -rounding) if fits else half * low
                block[excess_outside, i] = half * high if fits else excess
        for i in range(size):
            factor = block[inside, i]
            light = _linear_light(block[lightness, i], factor * block[a, i], factor * block[b, i])
            colors[0, start + i], colors[1, start + i], colors[2, start + i] = light


@compiled
def _linear_light(lightness, a, b):
    fy = (min(max(lightness, np.float32(0)), np.float32(100)) + np.float32(16)) / np.float32(116)
    fx, fz = fy + a / np.float32(500), fy - b / np.float32(200)
    x, y, z = _expand(fx), _expand(fy), _expand(fz)
    return (
        _MATRIX[0, 0] * x + _MATRIX[0, 1] * y + _MATRIX[0, 2] * z,
        _MATRIX[1, 0] * x + _MATRIX[1, 1] * y + _MATRIX[1, 2] * z,
        _MATRIX[2, 0] * x + _MATRIX[2, 1] * y + _MATRIX[2, 2] * z,
    )


@compiled
def _expand(value):
    return value * value * value if value > _KNEE else (value - _INTERCEPT) * _SLOPE


@compiled
def _excess(red, green, blue):
    over = max(max(red, green), blue) - np.float32(1)
    return max(over, -min(min(red, green), blue)) - np.float32(TOLERANCE)


@compiled
def _display(light):
    light = min(max(light, np.float32(0)), np.float32(1))
    root, value = np.sqrt(np.sqrt(light)), np.float32(0)
    for coefficient in _CURVE:
        value = value * root + coefficient
    return min(value, np.float32(1)) if light > _DARK else light * _DARK_SLOPE


def to_working_size(lightness, working_size, squeeze=1.0):
    """Scales L* (H, W, 1) to a long side in pixels; both sides are multiples of the stride.

    The lightness is an array, or a `Lightness`, of which each row is looked at once. A squeezed
    picture is made that much wider.
    """
    sides = lightness.shape[:2]
    shown = sides[0], sides[1] * squeeze
    size = [STRIDE * max(1, round(side * working_size / (max(shown) * STRIDE))) for side in shown]
    narrow, taps = np.empty((1, sides[0], size[1], 1), "float32"), _taps(sides[1], size[1])

    def fill(_, rows):
        _mix_columns(np.asarray(lightness[rows][..., 0], "float32"), *taps, narrow[0, rows, :, 0])

    in_bands(fill, 1, *sides)
    return np.clip(resize_bicubic(narrow, size)[0], 0.0, 100.0)


@compiled
def _mix_columns(x, first, weights, target):
    """Makes columns (h, W) of x (h, w), as `mix_rows` makes rows."""
    for row in range(len(x)):
        for place in range(target.shape[1]):
            total, start = np.float32(0), first[place]
            for tap in range(weights.shape[1]):
                total += weights[place, tap] * x[row, start + tap]
            target[row, place] = total


def resize_bicubic(x, size, top=0, rows=None):
    """Resizes float32 (N, h, w, C) to size (H, W), or gives `rows` rows of it from `top`."""
    height, width = size
    rows = height if rows is None else rows
    on, resize = (np, _array_rows) if isinstance(x, np.ndarray) else (ops, _tensor_rows)
    # The direction first that leaves less to do in the other one.
    if isinstance(height, int) and height < x.shape[1]:
        x, top = resize(x, height, top, rows), None
    if not isinstance(width, int) or width != x.shape[2]:
        turned = resize(on.transpose(x, (0, 2, 1, 3)), width, 0, width)
        x = on.transpose(turned, (0, 2, 1, 3))
    return x if top is None else resize(x, height, top, rows)


def _array_rows(x, after, top, count):
    batch, before, width, channels = x.shape
    if before == after == count:
        return x
    flat = np.ascontiguousarray(x, "float32").reshape(batch, before, width * channels)
    first, weights = (each[top : top + count] for each in _taps(before, after))
    resized = np.empty((batch, count, width * channels), "float32")
    for one, target in zip(flat, resized, strict=True):
        mix_rows(one, first, weights, target)
    return resized.reshape(batch, count, width, channels)


@compiled
def mix_rows(x, first, weights, target):
    """Makes rows (H, M) of x (h, M): each a sum by weights (H, taps) from the first row on."""
    for row in range(len(target)):
        target[row] = 0.0
        for tap in range(weights.shape[1]):
            source, weight = x[first[row] + tap], weights[row, tap]
            for place in range(len(source)):
                target[row, place] += weight * source[place]


def _taps(before, after):
    """The first of the rows that each resized row is mixed of, and their weights (after, taps)."""
    ratio, spread = before / after, max(before / after, 1.0)
    centers = (np.arange(after) + 0.5) * ratio - 0.5
    taps = min(int(np.ceil(2 * _REACH * spread)), before)
    first = np.clip(np.floor(centers - _REACH * spread).astype("int64") + 1, 0, before - taps)
    places = first[:, None] + np.arange(taps)
    return first, _weights(np, centers[:, None], places, spread).astype("float32")


def _tensor_rows(x, after, top, count):
    batch, before, width, channels = ops.shape(x)
    ratio = ops.cast(ops.divide(before, after), "float32")
    centers = (ops.arange(top, top + count, dtype="float32")[:, None] + 0.5) * ratio - 0.5
    places = ops.arange(before, dtype="float32")
    weights = _weights(ops, centers, places, ops.maximum(ratio, 1.0))
    mixed = ops.matmul(weights, ops.reshape(x, (batch, before, width * channels)))
    return ops.reshape(mixed, (batch, count, width, channels))


def _weights(on, centers, places, spread):
    """What each place contributes to each center, by NumPy or Keras."""
    distance = on.absolute(centers - places) / spread
    near = ((1.5 * distance - 2.5) * distance) * distance + 1.0
    far = ((-0.5 * distance + 2.5) * distance - 4.0) * distance + 2.0
    weights = on.where(distance < 1.0, near, on.where(distance < 2.0, far, 0.0))
    return weights / on.sum(weights, axis=-1, keepdims=True)
