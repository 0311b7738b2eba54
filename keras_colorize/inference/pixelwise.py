"""Functions of single colors, compiled once and applied to pictures of any size."""

import functools

import keras
import numpy as np
from keras import ops

from keras_colorize.inference.cubic import library_of

CHUNKS = (1 << 13, 1 << 16, 1 << 18, 1 << 20)
"""Pixels that go through at once. A few sizes for all: no picture has a function compiled anew."""


def apply_pixelwise(function, *colors):
    """Applies a function of `keras_colorize.color` to every pixel.

    Operation by operation these functions spend their time on temporary arrays; compiled, where
    the backend can, they take a fifth of it.

    Args:
        function: function of tensors (P, C) that treats each pixel alone; gives one tensor (P, D)
            or several. It is compiled once for as long as the program runs: no lambda.
        *colors: what it takes: float arrays or tensors (..., C) of at least one pixel, of equal
            shape but for their last axis.

    Returns:
        Array (..., D), or a list of them.
    """
    shape = colors[0].shape[:-1]
    flat = [library_of(one).reshape(one, (-1, one.shape[-1])) for one in colors]
    parts, start = [], 0
    while start < len(flat[0]):
        size = _chunk(len(flat[0]) - start)
        parts.append(_apply_chunk(function, [one[start : start + size] for one in flat], size))
        start += size
    made = [_joined(part).reshape(*shape, -1) for part in zip(*parts, strict=True)]
    return made if len(made) > 1 else made[0]


def _chunk(pixels):
    """The size that fills up well: one above the pixels that are left, or the next below."""
    for size in CHUNKS:
        if pixels <= size < 2 * pixels:
            return size
    return max([size for size in CHUNKS if size <= pixels], default=CHUNKS[0])


def _apply_chunk(function, colors, size):
    pixels = len(colors[0])
    if pixels < size:
        colors = [_lengthened(ops.convert_to_numpy(one), size) for one in colors]
    made = _compiled(function, len(colors)).predict_on_batch(colors)
    return [one[:pixels] for one in (made if isinstance(made, list | tuple) else [made])]


def _lengthened(values, size):
    longer = np.zeros((size, values.shape[1]), values.dtype)
    longer[: len(values)] = values
    return longer


def _joined(parts):
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


@functools.cache
def _compiled(function, inputs):
    model = _Pixelwise(function)
    # "auto" would leave XLA out where there is no GPU, and there it saves two thirds of the time.
    model.compile(jit_compile=True)
    return model


class _Pixelwise(keras.Model):
    """A model because compiling a model is Keras' one way to compile on every backend."""

    def __init__(self, function):
        super().__init__(name="pixelwise", dtype="float32")
        self.function = function

    def call(self, colors):
        return self.function(*colors)
