"""A colorizer as TensorFlow functions: what `Colorizer` does with arrays, done with tensors.

The steps are those of `inference/`: the same functions of `keras.ops` decode, refine and compose
here and there. Own to this module is only what a graph needs: sizes that are learned when it
runs, and loops over the rows of large pictures, which bound the memory.
"""

import copy

import keras
import tensorflow as tf
from keras import ops

from keras_colorize.color import reduce_chroma_to_gamut, rgb_to_lightness
from keras_colorize.color.gamut import lab_to_rgb_in_gamut
from keras_colorize.inference.compose import compose
from keras_colorize.inference.options import STRIDE
from keras_colorize.inference.pixels import BAND_PIXELS, divided
from keras_colorize.inference.prediction import decoded, sharpened
from keras_colorize.inference.refine import decode_field, field, unary_potentials
from keras_colorize.layers.resizing import resize_bilinear


def check_backend():
    """Raises a ValueError where the backend is not TensorFlow, whose graphs are exported."""
    backend = keras.backend.backend()
    if backend != "tensorflow":
        raise ValueError(f"Expected the backend tensorflow to export with, found {backend}.")


def outputs_of(colorizer, lightness):
    """Runs the network.

    Args:
        colorizer: a `Colorizer`.
        lightness: float32 tensor (N, H, W, 1), L* in 0..100, at a working size.

    Returns:
        Dict of tensors.
    """
    return colorizer.model(lightness, training=False)


def predict_ab(colorizer, lightness, temperature):
    """Predicts color, before saturation; see `Colorizer.predict_ab`.

    Args:
        colorizer: a `Colorizer` without style, palette and hints.
        lightness: float32 tensor (N, H, W, 1), L* in 0..100, at a working size.
        temperature: float32 tensor (), in the place of that of the colorizer.

    Returns:
        float32 tensor (N, h, w, 2) of a and b.
    """
    warm = copy.copy(colorizer)
    warm.temperature = temperature
    prediction = outputs_of(colorizer, lightness)[colorizer.config.output]
    if colorizer.refinement is None:
        return decoded(warm, prediction, lightness)
    return _refined(warm, sharpened(warm, prediction), lightness)


def _refined(colorizer, small, lightness):
    refinement, config = colorizer.refinement, colorizer.config
    batch, height, width, _ = ops.shape(lightness)
    channels, bins = small.shape[-2:]
    flat = ops.reshape(small, (*ops.shape(small)[:3], channels * bins))
    large = resize_bilinear(flat, (height, width))
    probabilities = ops.reshape(large, (batch, height, width, channels, bins))
    solved = field(unary_potentials(probabilities, refinement), lightness, refinement)
    means, decode = config.bin_means, refinement.decode
    return decode_field(solved, config.output, lightness, means, decode)


def lightness_of(pixels):
    """L* of a picture, band by band.

    Args:
        pixels: uint8 or uint16 tensor (H, W, C), C from 1 to 4, alpha last where it is even.

    Returns:
        float32 tensor (H, W, 1), 0..100.
    """
    levels = pixels.dtype.max

    def band(start, end):
        rgb = tf.cast(pixels[start:end], tf.float32) / levels
        grey = tf.shape(rgb)[-1] < 3
        rgb = tf.cond(grey, lambda: tf.repeat(rgb[..., :1], 3, axis=-1), lambda: rgb[..., :3])
        return rgb_to_lightness(tf.ensure_shape(rgb, (None, None, 3)))

    height, width, _ = tf.unstack(tf.shape(pixels))
    return _by_bands(height, width, band, tf.float32, 1)


def to_working_size(lightness, working_size):
    """Scales lightness as `inference.pixels.to_working_size` does.

    Args:
        lightness: float32 tensor (H, W, 1), L* in 0..100.
        working_size: long side in pixels.

    Returns:
        float32 tensor (h, w, 1), L* in 0..100.
    """
    sides = tf.shape(lightness, tf.int64)[:2]
    strides = divided(sides * working_size, tf.reduce_max(sides) * STRIDE)
    size = tf.cast(STRIDE * tf.maximum(strides, 1), tf.int32)
    small = tf.image.resize(lightness, size, method="bicubic", antialias=True)
    return tf.clip_by_value(small, 0.0, 100.0)


def composed(pixels, lightness, ab, saturation):
    """A picture in color at its full size, band by band.

    Args:
        pixels: tensor (H, W, C), see `lightness_of`; of it only the alpha is read.
        lightness: its L*, float32 tensor (H, W, 1).
        ab: float32 tensor (h, w, 2), a and b at any size.
        saturation: float32 tensor (), factor on the chroma.

    Returns:
        Tensor (H, W, 3) of the type of the pixels, or (H, W, 4) with its alpha.
    """
    height, width, channels = tf.unstack(tf.shape(pixels))
    alpha_from = channels - (channels + 1) % 2

    def band(start, end):
        rgb = compose(lightness[None, start:end], ab[None], saturation, start, height, _to_rgb)
        levels = tf.cast(tf.round(rgb[0] * pixels.dtype.max), pixels.dtype)
        return tf.concat([levels, pixels[start:end, :, alpha_from:]], axis=-1)

    return _by_bands(height, width, band, pixels.dtype)


def _to_rgb(lightness, ab):
    """Does what `to_srgb` does, with its search for those that need it alone."""
    lab = tf.concat([lightness, ab], axis=-1)
    colors = tf.reshape(lab, (-1, 3))
    rgb, fits = lab_to_rgb_in_gamut(colors)
    outside = tf.where(~fits)
    reduced = reduce_chroma_to_gamut(tf.gather_nd(colors, outside))
    return tf.reshape(tf.tensor_scatter_nd_update(rgb, outside, reduced), tf.shape(lab))


def _by_bands(height, width, band, dtype, channels=None):
    """Puts together what `band(start, end)` makes of the rows of a picture."""
    rows = tf.maximum(1, BAND_PIXELS // width)
    count = -(-height // rows)
    shape = (None, None, channels)
    made = tf.TensorArray(dtype, count, element_shape=shape, infer_shape=False)

    def step(index, made):
        start = index * rows
        return index + 1, made.write(index, band(start, tf.minimum(start + rows, height)))

    _, made = tf.while_loop(lambda index, _: index < count, step, (0, made), parallel_iterations=1)
    return tf.ensure_shape(made.concat(), shape)
