"""Size and EXIF orientation of a JPEG, by TensorFlow operations that cannot fail.

TensorFlow's decoder gives the stored rows and columns; cameras store a portrait lying on its side
and say so in EXIF.
"""

import tensorflow as tf

from keras_colorize.export.octets import choose, has, number

_ORIENTATION = 0x0112
_ENTRY = 12
# ITU-T T.81, table B.1: start of frame, but for the three of these codes that mean other things.
_FRAMES = [code for code in range(0xC0, 0xD0) if code not in (0xC4, 0xC8, 0xCC)]
_ENDS = [0xD9, 0xDA]


def read_frame(data):
    """Walks the segments of a JPEG up to its frame header.

    Args:
        data: uint8 tensor (n,), see `octets`.

    Returns:
        Height and width, 0 where there is no frame, and the orientation.
    """
    length = tf.size(data, tf.int64)

    def going(at, exif):
        code = number(data, at + 1, 1)
        ended = tf.reduce_any(code == tf.constant(_FRAMES + _ENDS, tf.int64))
        return tf.reduce_all([at < length, number(data, at, 1) == 0xFF, ~ended])

    def step(at, exif):
        is_exif = tf.logical_and(has(data, at, b"\xff\xe1"), has(data, at + 4, b"Exif\0\0"))
        exif = choose(tf.logical_and(is_exif, exif == 0), at + 10, exif)
        # Bytes of 255 may stand before a marker to fill up space.
        filling = number(data, at + 1, 1) == 0xFF
        return at + choose(filling, 1, 2 + number(data, at + 2, 2, big=True)), exif

    start = (tf.constant(2, tf.int64), tf.constant(0, tf.int64))
    at, exif = tf.while_loop(going, step, start)
    found = tf.reduce_any(number(data, at + 1, 1) == tf.constant(_FRAMES, tf.int64))
    height, width = (choose(found, number(data, at + place, 2, big=True), 0) for place in (5, 7))
    return height, width, tf.cond(exif > 0, lambda: _orientation(data, exif), lambda: 1)


def _orientation(data, at):
    """Orientation of the EXIF block whose TIFF header is at a place; 1 if it does not say."""
    big = has(data, at, b"MM")
    directory = at + number(data, at + 4, 4, big)
    count = number(data, directory, 2, big)
    entries = data[directory + 2 : directory + 2 + _ENTRY * count]
    whole = tf.size(entries) // _ENTRY
    entries = tf.cast(tf.reshape(entries[: whole * _ENTRY], (whole, _ENTRY)), tf.int32)
    first, second = (256 * entries[:, i] + entries[:, j] for i, j in ((0, 1), (1, 0)))
    tags = tf.where(big, first, second)
    values = tf.where(big, entries[:, 9], entries[:, 8])
    known = tf.reduce_all([tags == _ORIENTATION, values >= 1, values <= 8], axis=0)
    return tf.cond(tf.reduce_any(known), lambda: tf.boolean_mask(values, known)[0], lambda: 1)
