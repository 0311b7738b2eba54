"""Pictures that the tests of the data pipeline make themselves."""

import numpy as np
import pytest
import tensorflow as tf


@pytest.fixture(scope="session")
def write_picture():
    """`write_picture(path, rgb_uint8)`: writes PNG or, by the suffix, JPEG."""

    def write(path, rgb_uint8):
        path.parent.mkdir(parents=True, exist_ok=True)
        encode = tf.io.encode_png if path.suffix == ".png" else tf.io.encode_jpeg
        path.write_bytes(encode(tf.constant(rgb_uint8)).numpy())
        return path

    return write


@pytest.fixture(scope="session")
def make_picture():
    """`make_picture(seed, height, width)`: blocks of random colours, uint8."""

    def make(seed=0, height=20, width=24):
        rng = np.random.default_rng(seed)
        blocks = rng.integers(0, 256, (4, 4, 3), dtype="uint8")
        rows, columns = np.arange(height) * 4 // height, np.arange(width) * 4 // width
        return blocks[rows][:, columns]

    return make


@pytest.fixture(scope="session")
def folder(tmp_path_factory, make_picture, write_picture):
    """Eleven pictures in two classes."""
    root = tmp_path_factory.mktemp("pictures")
    for index in range(11):
        name = "beach" if index < 6 else "forest"
        write_picture(root / name / f"{index:02}.png", make_picture(index, 18 + index, 24))
    return root
