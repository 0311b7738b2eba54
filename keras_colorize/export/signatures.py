"""What a served network answers to: lightness or encoded pictures in, color out."""

import tensorflow as tf
from keras import ops

from keras_colorize.color import reduce_chroma_to_gamut, rgb_to_lightness
from keras_colorize.color.gamut import lab_to_rgb_in_gamut
from keras_colorize.inference.compose import resize_bicubic
from keras_colorize.inference.mrf import decode_field, field, unary_potentials
from keras_colorize.inference.options import STRIDE
from keras_colorize.inference.pixels import BAND_PIXELS
from keras_colorize.layers.resizing import resize_bilinear

_LIGHTNESS = tf.TensorSpec((None, None, None, 1), tf.float32, name="lightness")
_BYTES = tf.TensorSpec((None,), tf.string, name="image_bytes")

# Of the compression: a third of the time of the usual 6, for files of the same size.
_PNG_LEVEL = 3
_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
# Where the header of a PNG says its size and its depth (PNG specification, 5.3 and 11.2.2).
_PNG_SIZE, _PNG_DEPTH = 16, 24


def make_signatures(colorizer, max_pixels):
    """Makes the `tf.function`s of a served network by name, see `export_saved_model`."""
    model = colorizer.model

    def serving_default(lightness):
        outputs = model(lightness, training=False)
        result = {}
        if colorizer.config.colorizes:
            prediction = outputs[colorizer.config.output]
            result["ab"] = colorizer.saturation * _predict_ab(colorizer, prediction, lightness)
        if "class_logits" in outputs:
            result["probabilities"] = ops.softmax(ops.cast(outputs["class_logits"], "float32"))
        return result

    serving_default = tf.function(serving_default, [_LIGHTNESS], autograph=False)

    def colorize(inputs):
        pixels, deep = _decode(*inputs, max_pixels)
        lightness = lightness_of(pixels)
        network_input = to_working_size(lightness, colorizer.working_size)
        ab = serving_default(network_input[None])["ab"][0]

        def encoded(dtype):
            return tf.io.encode_png(composed(pixels, lightness, ab, dtype), _PNG_LEVEL)

        return tf.cond(deep, lambda: encoded(tf.uint16), lambda: encoded(tf.uint8))

    def colorize_bytes(image_bytes):
        # One after the other: pictures differ in size, and it bounds the memory.
        places, spec = tf.range(tf.size(image_bytes)), tf.TensorSpec((), tf.string)
        options = {"fn_output_signature": spec, "parallel_iterations": 1}
        return {"png_bytes": tf.map_fn(colorize, (places, image_bytes), **options)}

    signatures = {"serving_default": serving_default}
    if colorizer.config.colorizes:
        signatures["colorize_bytes"] = tf.function(colorize_bytes, [_BYTES], autograph=False)
    return signatures


def _predict_ab(colorizer, prediction, lightness):
    """Color of a network's prediction, before saturation; see `Colorizer.predict_ab`."""
    refinement, config = colorizer.refinement, colorizer.config
    if refinement is None:
        return colorizer.decode(prediction, lightness)
    small = colorizer.distributions(prediction)
    batch, height, width, _ = ops.shape(lightness)
    channels, bins = small.shape[-2:]
    flat = ops.reshape(small, (*ops.shape(small)[:3], channels * bins))
    large = resize_bilinear(flat, (height, width))
    probabilities = ops.reshape(large, (batch, height, width, channels, bins))
    solved = field(unary_potentials(probabilities, refinement), lightness, refinement)
    return decode_field(solved, config.output, lightness, config.bin_means, refinement.decode)


def _decode(place, contents, max_pixels):
    """Decodes JPEG or PNG to uint16 (H, W, C), and whether it has 16 bits; fails if too large."""
    length = tf.strings.length(contents)
    is_png = (tf.strings.substr(contents, 0, len(_PNG)) == _PNG) & (length > _PNG_DEPTH)
    is_jpeg = tf.strings.substr(contents, 0, len(_JPEG)) == _JPEG
    name = tf.strings.format("image_bytes[{}]: expected ", place)
    received = name + tf.strings.format("a JPEG or PNG picture, received {} bytes", length)
    with tf.control_dependencies([tf.debugging.Assert(is_png | is_jpeg, [received])]):
        contents = tf.identity(contents)

    def read_png_header():
        sides = tf.strings.substr(contents, _PNG_SIZE, 8)
        depth = tf.strings.substr(contents, _PNG_DEPTH, 1)
        return tf.io.decode_raw(sides, tf.int32, little_endian=False)[::-1], depth == b"\x10"

    def read_jpeg_header():
        return tf.io.extract_jpeg_shape(contents)[:2], tf.constant(False)

    size, deep = tf.cond(is_png, read_png_header, read_jpeg_header)
    height, width = tf.unstack(tf.cast(tf.ensure_shape(size, (2,)), tf.int64))
    large = tf.strings.format("at most {} pixels, received {} x {}", (max_pixels, width, height))
    fits = tf.reduce_all([height > 0, width > 0, height * width <= max_pixels])
    with tf.control_dependencies([tf.debugging.Assert(fits, [name + large])]):
        contents = tf.identity(contents)

    def decode_jpeg():
        # With the default method levels differ by up to 4 from those of other programs.
        levels = tf.io.decode_jpeg(contents, dct_method="INTEGER_ACCURATE")
        return 257 * tf.cast(levels, tf.uint16)

    pixels = tf.cond(is_png, lambda: tf.io.decode_png(contents, dtype=tf.uint16), decode_jpeg)
    return tf.ensure_shape(pixels, (None, None, None)), deep


def lightness_of(pixels):
    """L* (H, W, 1), 0..100, of uint16 (H, W, C), band by band; alpha is last where C is even."""
    height, width, channels = tf.unstack(tf.shape(pixels))
    colors = tf.where(channels < 3, [0, 0, 0], [0, 1, 2])

    def band(start, end):
        rgb = tf.gather(pixels[start:end], colors, axis=-1)
        return rgb_to_lightness(tf.cast(rgb, tf.float32) / tf.uint16.max)

    return _by_bands(height, width, band, tf.float32, 1)


def to_working_size(lightness, working_size):
    """Scales L* (H, W, 1) to a working size, as `inference.compose.to_working_size` does."""
    sides = tf.shape(lightness, tf.int64)[:2]
    number, by = sides * working_size, tf.reduce_max(sides) * STRIDE
    # Divided as whole numbers and rounded as `round` does, halves to even.
    strides = (2 * number + by - 1 + number // by % 2) // (2 * by)
    size = tf.cast(STRIDE * tf.maximum(strides, 1), tf.int32)
    small = tf.image.resize(lightness, size, method="bicubic", antialias=True)
    return tf.clip_by_value(small, 0.0, 100.0)


def composed(pixels, lightness, ab, dtype):
    """Puts ab (h, w, 2) on L* (H, W, 1), band by band; returns (H, W, 3), or 4 with the alpha."""
    height, width, channels = tf.unstack(tf.shape(pixels))
    alpha_from = channels - (channels + 1) % 2
    step = tf.uint16.max // dtype.max

    def band(start, end):
        large = resize_bicubic(ab[None], (height, width), start, end - start)
        lab = tf.concat([lightness[start:end], large[0]], axis=-1)
        colors = tf.reshape(lab, (-1, 3))
        rgb, fits = lab_to_rgb_in_gamut(colors)
        # What `reduce_chroma_to_gamut` does: it searches for the colors that need it alone.
        outside = tf.where(~fits)
        reduced = reduce_chroma_to_gamut(tf.gather_nd(colors, outside))
        rgb = tf.reshape(tf.tensor_scatter_nd_update(rgb, outside, reduced), tf.shape(lab))
        alpha = pixels[start:end, :, alpha_from:] // step
        return tf.concat([tf.cast(tf.round(rgb * dtype.max), dtype), tf.cast(alpha, dtype)], -1)

    return _by_bands(height, width, band, dtype)


def _by_bands(height, width, band, dtype, channels=None):
    """Puts together what `band(start, end)` makes of the rows of a picture."""
    rows = tf.maximum(1, BAND_PIXELS // width)
    count = -(-height // rows)
    shape = (None, None, channels)
    parts = tf.TensorArray(dtype, count, element_shape=shape, infer_shape=False)

    def step(index, parts):
        start = index * rows
        return index + 1, parts.write(index, band(start, tf.minimum(start + rows, height)))

    going, options = lambda index, _: index < count, {"parallel_iterations": 1}
    _, parts = tf.while_loop(going, step, (0, parts), **options)
    return tf.ensure_shape(parts.concat(), shape)
