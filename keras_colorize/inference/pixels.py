"""Pixels as users hold them: any kind of picture, any number type; and their lightness."""

import concurrent.futures
import dataclasses
import functools
import itertools
import os

import numba
import numpy as np
from keras import ops

from keras_colorize import io
from keras_colorize.color import rgb_to_lightness
from keras_colorize.color.lab import INTERCEPT, KNEE_CUBED, SLOPE
from keras_colorize.color.xyz import XYZ_FROM_RGB, decode_gamma
from keras_colorize.errors import InputError

BAND_PIXELS = 1 << 17
"""Pixels that a core works on at once."""

EVERYTHING = slice(None), slice(None)
"""Slices of the rows and columns of a whole picture."""

ORDINARY = 16.0, 82.0
"""L* between which a picture must reach, or it is stretched: photographs nearly always do."""

ORDINARY_QUARTILE = 30.0
"""L* that a quarter of the pixels must reach, or a power of it, the root at least, lightens it."""

_TAIL = 0.5  # percent of pixels that do not count at either end of the levels
_LEAST_RANGE = 10.0  # in L*: what has less is no picture, but noise
_EVEN = 5.0  # L* by which a border may differ from its level
_SAMPLES = 512  # pixels of a line that are looked at for a border
_LUMA = np.float32(XYZ_FROM_RGB[1])
# The cube root as a polynomial of the fourth root, right to 1e-7 above the knee.
_ROOTS = np.linspace(KNEE_CUBED**0.25, 1.0, 1000)
_CUBE_ROOT = np.polyfit(_ROOTS, _ROOTS ** (4 / 3), 8).astype("float32")
_KNEE_CUBED, _SLOPE, _INTERCEPT = np.float32([KNEE_CUBED, SLOPE, INTERCEPT])


def compiled(function):
    """Compiles a function of numbers and arrays by Numba: for every size, and for the next start.

    It is kept beside the module or in the user's cache folder, where one of them can be written.
    """
    options = {"nogil": True, "fastmath": True, "error_model": "numpy"}
    try:
        return numba.njit(function, cache=True, **options)
    except RuntimeError:
        return numba.njit(function, **options)


def pictures_of(array):
    """Makes an array (H, W), (H, W, C) or (N, H, W, C), C of 1, 3 or 4, a batch; bool to uint8."""
    if array.dtype == bool:
        array = array.astype("uint8") * np.uint8(255)
    pictures = array[..., None] if array.ndim == 2 else array
    if pictures.ndim not in (3, 4) or pictures.shape[-1] not in (1, 3, 4) or not pictures.size:
        expected = "(H, W), (H, W, C) or (N, H, W, C) with C of 1, 3 or 4 and at least one pixel"
        raise InputError(f"Expected an array {expected}, received shape {array.shape}.")
    return pictures if pictures.ndim == 4 else pictures[None]


def photograph_of(picture):
    """Reads a path or a Pillow image; a `Photograph` is returned as it is."""
    if isinstance(picture, io.Photograph):
        return picture
    # Pillow is known to io/ alone; its images can be told without importing it.
    is_image = any(base.__module__.startswith("PIL.") for base in type(picture).__mro__)
    if is_image or isinstance(picture, str | os.PathLike):
        return io.read_photograph(picture)
    expected = "Expected a path, a Pillow image, a Photograph, an array or a list of these"
    raise TypeError(f"{expected}, received {type(picture).__name__}.")


def pixels_of(picture):
    """Pixels (N, H, W, C) of whatever a `Colorizer` takes as one picture or a batch."""
    is_array = isinstance(picture, np.ndarray)
    return pictures_of(picture if is_array else photograph_of(picture).pixels)


def in_bands(function, count, height, width):
    """Calls `function(number, rows)` for slices of the rows of so many pictures, on all cores."""
    rows = max(1, BAND_PIXELS // width)
    slices = [slice(top, min(top + rows, height)) for top in range(0, height, rows)]
    parts = list(zip(*itertools.product(range(count), slices), strict=True))
    list(map(function, *parts) if len(parts[0]) == 1 else cores().map(function, *parts))


@functools.cache
def cores():
    """A pool of as many threads as there are cores, for code that does not hold the interpreter."""
    return concurrent.futures.ThreadPoolExecutor(os.cpu_count())


# A process that is forked has none of its parent's threads; not every system forks.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=cores.cache_clear)


def to_float(pixels):
    """Integer pixels to float32 in [0, 1]; floating-point ones must be finite and there already."""
    dtype = pixels.dtype
    if dtype.kind == "u" and dtype.itemsize <= 2:
        return pixels.astype("float32") / np.iinfo(dtype).max
    expected = "Expected pixels in bool, uint8, uint16 or floating point in [0, 1], received"
    if dtype.kind != "f":
        raise InputError(f"{expected} {dtype}.")
    if not (pixels.min() >= 0 and pixels.max() <= 1):
        raise InputError(f"{expected} {pixels.min():.4g}..{pixels.max():.4g}.")
    return pixels.astype("float32")


def from_float(rgb, dtype):
    """Colors in [0, 1] to uint8, uint16 (the nearest level) or a floating-point type."""
    if np.dtype(dtype).kind == "f":
        return rgb.astype(dtype)
    return np.rint(rgb * np.iinfo(dtype).max).astype(dtype)


def lightness_of(pixels):
    """L* (H, W, 1) in 0..100, float32, of a picture (H, W, 1 or 3)."""
    lightness = np.empty((*pixels.shape[:2], 1), "float32")
    if pixels.dtype.kind == "u" and pixels.dtype.itemsize <= 2:
        light, grey = _of_levels(pixels.dtype)

        def fill(_, rows):
            levels = np.asarray(pixels[rows], pixels.dtype.newbyteorder("="))
            _fill_lightness(levels, light, grey, lightness[rows])
    else:

        def fill(_, rows):
            rgb = to_float(pixels[rows])
            rgb = np.broadcast_to(rgb, (*rgb.shape[:2], 3))
            lightness[rows] = ops.convert_to_numpy(rgb_to_lightness(rgb))

    in_bands(fill, 1, *pixels.shape[:2])
    return lightness


@dataclasses.dataclass(frozen=True)
class Lightness:
    """L* of a picture (H, W, 1 or 3), computed anew for the rows that are asked for.

    For all of a large picture at once it would take more memory than the picture.
    """

    pixels: np.ndarray

    @property
    def shape(self):
        """Of the lightness, (H, W, 1)."""
        return (*self.pixels.shape[:2], 1)

    def __getitem__(self, rows):
        """L* of a slice of rows, float32 (h, W, 1)."""
        return lightness_of(self.pixels[rows])


@functools.cache
def _of_levels(dtype):
    """Linear light of every level, and its L* as a grey: most pictures have only these."""
    levels = np.linspace(0.0, 1.0, np.iinfo(dtype).max + 1, dtype="float32")
    lightness = rgb_to_lightness(np.repeat(levels[:, None], 3, axis=-1))
    return ops.convert_to_numpy(decode_gamma(levels)), ops.convert_to_numpy(lightness)[:, 0]


@compiled
def _fill_lightness(pixels, light, grey, target):
    height, width, channels = pixels.shape
    y, last = np.empty(width, np.float32), channels - 1
    for row in range(height):
        greys = 0
        for x in range(width):
            red, green, blue = pixels[row, x, 0], pixels[row, x, last // 2], pixels[row, x, last]
            if not red == green == blue:
                break
            target[row, x, 0] = grey[red]
            greys += 1
        if greys == width:
            continue
        for x in range(width):
            red, green, blue = pixels[row, x, 0], pixels[row, x, 1], pixels[row, x, 2]
            y[x] = _LUMA[0] * light[red] + _LUMA[1] * light[green] + _LUMA[2] * light[blue]
        for x in range(width):
            root, cube = np.sqrt(np.sqrt(y[x])), np.float32(0)
            for coefficient in _CUBE_ROOT:
                cube = cube * root + coefficient
            compressed = cube if y[x] > _KNEE_CUBED else _SLOPE * y[x] + _INTERCEPT
            target[row, x, 0] = np.float32(116) * compressed - np.float32(16)


def inverted(pixels):
    """The positive of a negative (H, W, C), of the same type; alpha stays."""
    pixels, top = pixels.copy(), 1 if pixels.dtype.kind == "f" else np.iinfo(pixels.dtype).max
    pixels[..., :3] = top - pixels[..., :3]
    return pixels


def stretch_levels(lightness):
    """Gives flat or dark L* (H, W, 1) an ordinary range and quartile; others stay as they are."""
    low, quartile, high = np.percentile(lightness, (_TAIL, 75.0, 100.0 - _TAIL))
    if high - low < _LEAST_RANGE:
        return lightness
    darkest, lightest = min(low, ORDINARY[0]), max(high, ORDINARY[1])
    if (darkest, lightest) != (low, high):
        slope = (lightest - darkest) / (high - low)
        lightness = np.clip(darkest + (lightness - low) * slope, 0.0, 100.0)
        quartile = darkest + (quartile - low) * slope
    if quartile < ORDINARY_QUARTILE:
        power = np.log(ORDINARY_QUARTILE / 100.0) / np.log(max(quartile, 1.0) / 100.0)
        lightness = 100.0 * (lightness / 100.0) ** max(power, 0.5)
    return lightness.astype("float32")


def box_within_border(pixels):
    """Slices of rows and columns inside of an even border of pixels (H, W, 1 or 3), as of a mount.

    A border has strips of one level at opposite sides, and ends along a straight line.
    """
    box = EVERYTHING
    # A black edge may lie inside of a white mount.
    for _ in range(3):
        inside = pixels[box]
        height, width = inside.shape[:2]
        down, across = inside[:, :: 1 + width // _SAMPLES], inside[:: 1 + height // _SAMPLES]
        lines = lightness_of(down)[..., 0], lightness_of(across)[..., 0].T
        found = tuple(map(_between_strips, lines))
        if found == EVERYTHING:
            break
        starts = [part.start or 0 for part in box]
        box = tuple(
            slice(start + part.indices(side)[0], start + part.indices(side)[1])
            for start, part, side in zip(starts, found, (height, width), strict=True)
        )
    return box


def around(box):
    """Yields slices of rows and columns around a box: above, below, left and right of it."""
    rows, columns = box
    if rows.stop is not None:
        everything = slice(None)
        yield slice(rows.start), everything
        yield slice(rows.stop, None), everything
        yield rows, slice(columns.start)
        yield rows, slice(columns.stop, None)


def _between_strips(lines):
    """Slice of lines (n, m) between even strips at both ends; all where one of them has none."""
    count, levels, widths = len(lines), [], []
    for way in (lines, lines[::-1]):
        level = np.median(way[: max(1, count // 100)])
        differs = np.abs(way - level) > _EVEN
        width = int(np.argmax(np.append(differs.mean(axis=1) > 0.02, True)))
        # The picture begins along all of the line, if the scan is a little turned, soon after.
        beyond = differs[width + count // 50 : width + count // 50 + 1]
        if not (count // 100 <= width <= 0.4 * count and width and beyond.mean() > 0.5):
            return slice(None)
        levels.append(level)
        widths.append(width)
    if abs(levels[0] - levels[1]) > 2 * _EVEN:
        return slice(None)
    return slice(widths[0], count - widths[1])
