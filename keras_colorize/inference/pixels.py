"""Pixels as users hold them: any kind of picture, any number type; and their lightness."""

import functools
import os

import keras
import numpy as np
from keras import ops

from keras_colorize import io
from keras_colorize.color import rgb_to_lightness
from keras_colorize.errors import InputError

CHUNKS = (1 << 13, 1 << 16, 1 << 18, 1 << 20)
"""Pixels that are converted at once. A few sizes for all: no picture has a function compiled anew,
and the last one bounds the memory of floating-point copies."""


def pictures_of(array):
    """Makes an array (H, W), (H, W, C) or (N, H, W, C), C of 1, 3 or 4, a batch; bool to uint8."""
    if array.dtype == bool:
        array = array.astype("uint8") * np.uint8(255)
    pictures = array[..., None] if array.ndim == 2 else array
    if pictures.ndim not in (3, 4) or pictures.shape[-1] not in (1, 3, 4) or not pictures.size:
        raise InputError(
            "Expected an array (H, W), (H, W, C) or (N, H, W, C) with C of 1, 3 or 4 and at least "
            f"one pixel, received shape {array.shape}."
        )
    return pictures if pictures.ndim == 4 else pictures[None]


def photograph_of(picture):
    """Reads a path or a Pillow image; a `Photograph` is returned as it is."""
    if isinstance(picture, io.Photograph):
        return picture
    # Pillow is known to io/ alone; its images can be told without importing it.
    is_image = any(base.__module__.startswith("PIL.") for base in type(picture).__mro__)
    if is_image or isinstance(picture, str | os.PathLike):
        return io.read_photograph(picture)
    raise TypeError(
        "Expected a path, a Pillow image, a Photograph, an array or a list of these, "
        f"received {type(picture).__name__}."
    )


def pixels_of(picture):
    """Pixels (N, H, W, C) of whatever a `Colorizer` takes as one picture or a batch."""
    return pictures_of(
        picture if isinstance(picture, np.ndarray) else photograph_of(picture).pixels
    )


def bands(height, width):
    """Slices of rows that cover a picture, each of at most the last of `CHUNKS` or one row."""
    rows = max(1, CHUNKS[-1] // width)
    return [slice(top, min(top + rows, height)) for top in range(0, height, rows)]


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
    """L* (H, W, 1) in 0..100, float32, of a picture (H, W, 1 or 3), band by band."""
    lightness = np.empty((*pixels.shape[:2], 1), "float32")
    for rows in bands(*pixels.shape[:2]):
        first, *others = np.moveaxis(pixels[rows], -1, 0)
        if pixels.dtype.kind == "u" and all(np.array_equal(first, other) for other in others):
            lightness[rows] = np.take(_grey_lightness(pixels.dtype), first)[..., None]
        else:
            rgb = to_float(pixels[rows])
            rgb = np.broadcast_to(rgb, (*rgb.shape[:2], 3))
            lightness[rows] = apply_pixelwise(rgb_to_lightness, rgb)
    return lightness


@functools.cache
def _grey_lightness(dtype):
    """L* of every level of grey: most pictures that are to be colorized have only these."""
    white = np.iinfo(dtype).max
    levels = np.arange(white + 1, dtype="float32") / white
    return apply_pixelwise(rgb_to_lightness, np.repeat(levels[:, None], 3, axis=-1))[:, 0]


def apply_pixelwise(function, colors, **options):
    """Applies a pixelwise function of a tensor (P, C) and options to an array (..., C).

    It is compiled where the backend can, a fifth of the time, and kept for good: pass no lambda.
    """
    compiled = _Pixelwise(function, **options)
    flat = np.reshape(ops.convert_to_numpy(colors), (-1, colors.shape[-1]))
    start, parts = 0, []
    while start < len(flat):
        left = len(flat) - start
        # One above the pixels that are left if they fill half of it, or the next below.
        sizes = [size for size in CHUNKS if left <= size < 2 * left]
        size = (sizes or [one for one in CHUNKS if one <= left][-1:] or CHUNKS)[0]
        chunk = flat[start : start + size]
        missing = size - len(chunk)
        out = compiled.predict_on_batch(np.pad(chunk, ((0, missing), (0, 0))) if missing else chunk)
        out = out if isinstance(out, list | tuple) else [out]
        parts.append([one[: size - missing] for one in out])
        start += size
    whole = [
        (part[0] if len(part) == 1 else np.concatenate(part)).reshape(*colors.shape[:-1], -1)
        for part in zip(*parts, strict=True)
    ]
    return whole if len(whole) > 1 else whole[0]


@functools.cache
class _Pixelwise(keras.Model):
    """A model because compiling a model is Keras' one way to compile on every backend."""

    def __init__(self, function, **options):
        super().__init__(name="pixelwise", dtype="float32")
        self.function = functools.partial(function, **options)
        # "auto" would leave XLA out where there is no GPU, and it saves two thirds of the time.
        self.compile(jit_compile=True)

    def call(self, colors):
        return self.function(colors)
