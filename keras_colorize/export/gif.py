"""The first frame of a GIF, by TensorFlow operations that cannot fail.

TensorFlow's decoder unpacks every frame of an animation, also where only one is asked for.
"""

import tensorflow as tf

from keras_colorize.export.octets import choose, number

_EXTENSION, _IMAGE = 0x21, 0x2C
_AT_BLOCK, _IN_EXTENSION, _IN_IMAGE, _DONE, _LOST = range(5)


def read_frame(data):
    """Size of the first frame.

    Args:
        data: uint8 tensor (n,), see `octets`.

    Returns:
        Height and width, 0 where there is no whole frame, orientation, depth, and the refusal.
    """
    image, _ = _walk(data)
    screen = [number(data, at, 2) for at in (8, 6)]
    frame = [number(data, image + at, 2) for at in (7, 5)]
    fills = tf.reduce_all(tf.stack(frame) == tf.stack(screen))
    refused = tf.where(fills, "", "a GIF whose first frame does not fill it")
    refused = tf.where(image > 0, refused, "")
    height, width = (choose(image > 0, side, 0) for side in screen)
    return height, width, 1, False, refused


def first_frame(contents, data):
    """A GIF that holds the first frame alone.

    Args:
        contents: string tensor (), a GIF in which `read_frame` found a frame.
        data: its bytes, see `octets`.

    Returns:
        string tensor (), a GIF.
    """
    _, end = _walk(data)
    return tf.strings.substr(contents, tf.constant(0, tf.int64), end) + b";"


def _walk(data):
    """Position of the first image and of the byte behind it, 0 and 0 where there is none."""
    length = tf.size(data, tf.int64)

    def going(at, state, image):
        return tf.logical_and(at < length, state < _DONE)

    def step(at, state, image):
        block = number(data, at, 1)
        is_image = tf.logical_and(state == _AT_BLOCK, block == _IMAGE)
        image = choose(is_image, at, image)
        # Outside of blocks: a block begins. Inside: a piece of it, or its end, of length 0.
        skipped = choose(block == _EXTENSION, 2, 11 + _table(number(data, at + 9, 1)))
        begun = tf.where(block == _EXTENSION, _IN_EXTENSION, tf.where(is_image, _IN_IMAGE, _LOST))
        ended = tf.where(state == _IN_IMAGE, _DONE, _AT_BLOCK)
        inside = tf.where(block == 0, ended, state)
        outside = state == _AT_BLOCK
        return at + choose(outside, skipped, block + 1), tf.where(outside, begun, inside), image

    start = 13 + _table(number(data, 10, 1))
    zero = tf.constant(0, tf.int64)
    end, state, image = tf.while_loop(going, step, (start, tf.constant(_AT_BLOCK), zero))
    whole = state == _DONE
    return choose(whole, image, 0), choose(whole, end, 0)


def _table(flags):
    """Bytes of a color table: 0, or three for each color."""
    size = 3 * tf.bitwise.left_shift(tf.constant(2, tf.int64), flags & 7)
    return choose(flags & 0x80 > 0, size, 0)
