"""Pictures that the tests of the data pipeline make."""

import numpy as np
import tensorflow as tf


def write_picture(path, rgb_uint8):
    """Writes PNG or, by the suffix, JPEG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    encode = tf.io.encode_png if path.suffix == ".png" else tf.io.encode_jpeg
    path.write_bytes(encode(tf.constant(rgb_uint8)).numpy())
    return path


def make_picture(seed=0, height=20, width=24):
    """Blocks of random colors, uint8."""
    rng = np.random.default_rng(seed)
    blocks = rng.integers(0, 256, (4, 4, 3), dtype="uint8")
    rows, columns = np.arange(height) * 4 // height, np.arange(width) * 4 // width
    return blocks[rows][:, columns]
