"""Encoded pictures to pixels, upright, with a reason where that fails in place of an error."""

from typing import NamedTuple

import tensorflow as tf

from keras_colorize.export import gif
from keras_colorize.export.headers import read_header
from keras_colorize.export.octets import octets

_EXPECTED = "expected a JPEG, PNG, GIF, BMP or WebP picture"


class Picture(NamedTuple):
    """A decoded picture.

    Attributes:
        pixels: uint8 tensor (H, W, 1 to 4), sRGB or grey, alpha last where channels are even;
            (0, 0, 0) for a deep picture.
        deep_pixels: uint16 tensor, the same for a picture of 16 bits per channel.
        refused: string, why there is no picture; "" where there is one.
    """

    pixels: tf.Tensor
    deep_pixels: tf.Tensor
    refused: tf.Tensor

    def apply(self, function):
        """Applies a function of pixels to those that are there, of either type."""
        is_deep = tf.size(self.deep_pixels) > 0
        pixels, deep_pixels, _ = self
        return tf.cond(is_deep, lambda: function(deep_pixels), lambda: function(pixels))


def read_picture(contents, max_pixels):
    """Decodes a picture, whatever the bytes are.

    Args:
        contents: string tensor ().
        max_pixels: most pixels that are decoded; the header is enough to refuse.

    Returns:
        A `Picture`, upright.
    """
    header = read_header(contents)
    refused = _refusal(contents, header, max_pixels)
    decoded = tf.cond(refused == "", lambda: _decode(contents, header), _nothing)
    picture = Picture(*(_turned(part, header.orientation) for part in decoded), refused)
    failed = tf.logical_and(
        refused == "", tf.size(picture.pixels) + tf.size(picture.deep_pixels) < 1
    )
    damaged = tf.strings.format(
        _EXPECTED + ", received {} bytes that are damaged or cannot be decoded here",
        tf.strings.length(contents),
    )
    return picture._replace(refused=tf.where(failed, damaged, refused))


def _refusal(contents, header, max_pixels):
    length = tf.strings.length(contents)
    other = tf.strings.format(_EXPECTED + ", received {} bytes: ", length) + header.refused
    pixels = header.height * header.width
    sizes = (max_pixels, header.width, header.height)
    large = tf.strings.format("expected at most {} pixels, received {} x {}", sizes)
    refused = tf.where(pixels > max_pixels, large, "")
    refused = tf.where(header.refused == "", refused, other)
    return tf.where(length == 0, _EXPECTED + ", received 0 bytes", refused)


def _nothing():
    return tf.zeros((0, 0, 0), tf.uint8), tf.zeros((0, 0, 0), tf.uint16)


def _decode(contents, header):
    """Decodes a picture; nothing comes of one that is damaged.

    An operation that fails ends the whole request, but a pipeline may pass over its errors.
    """
    one = tf.data.Dataset.from_tensors((contents, header.kind, header.deep)).map(_decoder)
    either = one.ignore_errors().concatenate(tf.data.Dataset.from_tensors(_nothing())).take(1)
    options = tf.data.Options()
    options.autotune.enabled = False
    options.experimental_optimization.apply_default_optimizations = False
    return either.with_options(options).get_single_element()


def _decoder(contents, kind, deep):
    """Decodes a picture of a kind; raises where it is damaged."""
    # In the order of the kinds; the first never comes here.
    decoders = (_usual, _jpeg, lambda contents: _png(contents, deep), _gif, _bmp, _usual)
    return tf.switch_case(kind, [lambda decode=decode: decode(contents) for decode in decoders])


def _jpeg(contents):
    # With the default method levels differ by up to 4 from those of other programs.
    return _shallow(tf.io.decode_jpeg(contents, dct_method="INTEGER_ACCURATE"))


def _png(contents, deep):
    def read_deep():
        return _nothing()[0], _shaped(tf.io.decode_png(contents, dtype=tf.uint16))

    return tf.cond(deep, read_deep, lambda: _shallow(tf.io.decode_png(contents)))


def _gif(contents):
    return _usual(gif.first_frame(contents, octets(contents)))


def _bmp(contents):
    # A fourth channel means nothing in most of these files, and is then zero.
    return _shallow(tf.io.decode_bmp(contents)[..., :3])


def _usual(contents):
    return _shallow(tf.io.decode_image(contents, expand_animations=False))


def _shallow(pixels):
    return _shaped(pixels), _nothing()[1]


def _shaped(pixels):
    return tf.ensure_shape(pixels, (None, None, None))


def _turned(pixels, orientation):
    # EXIF 2.32, tag 274: the values say where the first row and the first column belong.
    def flip(values, orientations, axis):
        wanted = tf.reduce_any(orientation == tf.constant(orientations))
        return tf.cond(wanted, lambda: tf.reverse(values, [axis]), lambda: values)

    turned = tf.reduce_any(orientation == tf.constant([5, 6, 7, 8]))
    pixels = tf.cond(turned, lambda: tf.transpose(pixels, (1, 0, 2)), lambda: pixels)
    pixels = flip(pixels, [3, 4, 7, 8], 0)
    return flip(pixels, [2, 3, 6, 7], 1)
