"""What the first bytes of an encoded picture say, read by TensorFlow operations alone.

A decoder that meets bad bytes ends the whole request, makes room for any size that a header
names, and one (WebP animations, TensorFlow 2.21) overruns its memory. So every picture's header
is read here first, by operations that cannot fail.
"""

from typing import NamedTuple

import tensorflow as tf

from keras_colorize.export import gif, jpeg
from keras_colorize.export.octets import choose, has, number, octets

UNKNOWN, JPEG, PNG, GIF, BMP, WEBP = range(6)

_SIGNATURES = {
    JPEG: [(0, b"\xff\xd8\xff")],
    PNG: [(0, b"\x89PNG\r\n\x1a\n"), (12, b"IHDR")],
    GIF: [(0, b"GIF8"), (5, b"a")],
    BMP: [(0, b"BM")],
    WEBP: [(0, b"RIFF"), (8, b"WEBP")],
}


class Header(NamedTuple):
    """What is known of a picture before it is decoded.

    Attributes:
        kind: int32, `JPEG`, `PNG`, ... or `UNKNOWN`.
        height: int64, rows in pixels; 0 where the header does not say.
        width: int64, columns in pixels.
        orientation: int32, that of EXIF, 1 to 8; always 1 but for JPEG.
        deep: bool, whether it has 16 bits per channel.
        refused: string, what was received in place of a picture that can be decoded; "" if it can.
    """

    kind: tf.Tensor
    height: tf.Tensor
    width: tf.Tensor
    orientation: tf.Tensor
    deep: tf.Tensor
    refused: tf.Tensor


def read_header(contents):
    """Reads the header of an encoded picture.

    Args:
        contents: string tensor (), bytes of a JPEG, PNG, GIF, BMP or WebP file, or of anything.

    Returns:
        A `Header`.
    """
    data = octets(contents)
    kind = _kind(data)
    readers = (_unknown, jpeg.read_frame, _png, gif.read_frame, _bmp, _webp)
    branches = [lambda reader=reader: _as_header(kind, *reader(data)) for reader in readers]
    return Header(*tf.switch_case(kind, branches))


def _as_header(kind, height, width, orientation=1, deep=False, refused=""):
    height, width = (tf.cast(side, tf.int64) for side in (height, width))
    empty = tf.logical_or(height < 1, width < 1)
    refused = tf.where(tf.logical_and(empty, refused == ""), "a damaged header", refused)
    return (
        kind,
        height,
        width,
        tf.cast(orientation, tf.int32),
        tf.convert_to_tensor(deep),
        refused,
    )


def _kind(data):
    kind = tf.constant(UNKNOWN)
    for candidate, marks in _SIGNATURES.items():
        fits = tf.reduce_all([has(data, at, mark) for at, mark in marks])
        kind = tf.where(fits, candidate, kind)
    return kind


def _unknown(data):
    return 0, 0, 1, False, tf.constant("another format")


def _png(data):
    return number(data, 20, 4, big=True), number(data, 16, 4, big=True), 1, data[24] == 16


def _bmp(data):
    """Height and width, and why TensorFlow would misread it, if it would."""
    bits, compression = number(data, 28, 2), number(data, 30, 4)
    plain = tf.logical_and(compression == 0, tf.logical_or(bits == 24, bits == 32))
    usual_masks = tf.reduce_all([has(data, 54, b"\0\0\xff\0"), has(data, 62, b"\xff\0\0\0")])
    masked = tf.reduce_all([compression == 3, bits == 32, usual_masks])
    ramp = b"".join(bytes([level] * 3 + [0]) for level in range(256))
    grey = tf.reduce_all([compression == 0, bits == 8, has(data, 54, ramp)])
    known = tf.logical_and(number(data, 14, 4) >= 40, tf.reduce_any([plain, masked, grey]))
    height = tf.bitcast(tf.cast(number(data, 22, 4), tf.uint32), tf.int32)
    refused = tf.where(known, "", "a BMP with a palette, compressed or of a rare layout")
    return tf.abs(height), number(data, 18, 4), 1, False, refused


def _webp(data):
    animated = tf.logical_and(has(data, 12, b"VP8X"), data[20] & 2 > 0)
    lossy = [number(data, at, 2) & 0x3FFF for at in (28, 26)]
    bits = number(data, 21, 4)
    lossless = [(bits // 2**place & 0x3FFF) + 1 for place in (14, 0)]
    extended = [number(data, at, 3) + 1 for at in (27, 24)]
    height, width = (
        choose(has(data, 12, b"VP8X"), large, choose(has(data, 12, b"VP8L"), small, usual))
        for large, small, usual in zip(extended, lossless, lossy, strict=True)
    )
    return height, width, 1, False, tf.where(animated, "an animated WebP", "")
