"""Random views of a picture, the same for the same seed."""

import tensorflow as tf


def random_view(rgb_uint8, size, min_scale, seed):
    """Random square crop, resized, perhaps mirrored.

    The side of the crop is the short side of the picture in half of the cases, else a share of
    it down to `min_scale`: networks meet things at several sizes, whole pictures most often.

    Args:
        rgb_uint8: uint8 tensor (H, W, 3).
        size: side of the view in pixels.
        min_scale: smallest share of the short side, above 0 and up to 1.
        seed: integer tensor (2,).

    Returns:
        float32 tensor (size, size, 3) in [0, 1].
    """
    seeds = tf.random.split(seed, 4)
    height, width = tf.shape(rgb_uint8)[0], tf.shape(rgb_uint8)[1]
    short = tf.cast(tf.minimum(height, width), "float32")
    share = tf.random.stateless_uniform((), seeds[0], min_scale, 2.0 - min_scale)
    side = tf.maximum(tf.cast(tf.round(tf.minimum(share, 1.0) * short), "int32"), 1)
    top = _random_start(seeds[1], height - side)
    left = _random_start(seeds[2], width - side)
    view = _resize(rgb_uint8[top : top + side, left : left + side], size)
    mirrored = tf.random.stateless_uniform((), seeds[3]) < 0.5
    return tf.cond(mirrored, lambda: tf.reverse(view, [1]), lambda: view)


def center_view(rgb_uint8, size):
    """The largest centered square, resized: the view of validation pictures.

    Args:
        rgb_uint8: uint8 tensor (H, W, 3).
        size: side of the view in pixels.

    Returns:
        float32 tensor (size, size, 3) in [0, 1].
    """
    height, width = tf.shape(rgb_uint8)[0], tf.shape(rgb_uint8)[1]
    side = tf.minimum(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return _resize(rgb_uint8[top : top + side, left : left + side], size)


def _random_start(seed, room):
    return tf.random.stateless_uniform((), seed, 0, room + 1, dtype=tf.int32)


def _resize(crop, size):
    crop = tf.image.convert_image_dtype(crop, tf.float32)
    view = tf.image.resize(crop, (size, size), method="bicubic", antialias=True)
    return tf.clip_by_value(tf.ensure_shape(view, (size, size, 3)), 0.0, 1.0)
