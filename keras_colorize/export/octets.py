"""Bytes of a file as numbers, by TensorFlow operations that cannot fail."""

import tensorflow as tf

_BEYOND = 2048
"""Zeros behind the file, so that reading just past its end is no error."""


def octets(contents):
    """Bytes of a string.

    Args:
        contents: string tensor ().

    Returns:
        uint8 tensor (length + some zeros,).
    """
    return tf.pad(tf.io.decode_raw(contents, tf.uint8), [[0, _BEYOND]])


def has(data, at, mark):
    """Whether bytes stand at a place.

    Args:
        data: uint8 tensor (n,), see `octets`.
        at: position, number or integer tensor, at least 0; past the end nothing stands.
        mark: bytes.

    Returns:
        bool tensor ().
    """
    found = data[at : at + len(mark)]
    expected = tf.constant(list(mark), tf.uint8)
    return tf.cond(
        tf.size(found) == len(mark),
        lambda: tf.reduce_all(found == expected),
        lambda: tf.constant(False),
    )


def number(data, at, count, big=False):
    """Reads an unsigned number.

    Args:
        data: uint8 tensor (n,), see `octets`.
        at: position of its first byte; beyond the end there are zeros.
        count: bytes that it takes.
        big: whether the highest byte comes first, else the lowest; bool or bool tensor.

    Returns:
        int64 tensor ().
    """
    found = tf.cast(data[at : at + count], tf.int64)
    found = tf.pad(found, [[0, count - tf.size(found)]])
    found = tf.where(big, found[::-1], found)
    return tf.reduce_sum(found * tf.constant([256**place for place in range(count)], tf.int64))


def choose(condition, chosen, other):
    """One of two numbers.

    Args:
        condition: bool tensor ().
        chosen: number or integer tensor, where the condition is true.
        other: number or integer tensor, where it is not.

    Returns:
        int64 tensor ().
    """
    return tf.where(condition, tf.cast(chosen, tf.int64), tf.cast(other, tf.int64))
