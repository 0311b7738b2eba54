"""Random and centred views."""

import numpy as np
import pytest
import tensorflow as tf
from skimage.transform import resize

from keras_colorize.data.augmentation import center_view, random_view


def _ramp(height, width):
    """Red grows with the column, green with the row."""
    picture = np.zeros((height, width, 3), "uint8")
    picture[..., 0] = np.arange(width)
    picture[..., 1] = np.arange(height)[:, None]
    return picture


def _views(picture, size, min_scale, count):
    picture = tf.constant(picture)
    view = tf.function(lambda seed: random_view(picture, size, min_scale, seed))
    return np.stack([view(tf.constant([3, i], "int64")).numpy() for i in range(count)])


def test_eager_and_pipeline_give_the_same_view(make_picture):
    picture = tf.constant(make_picture(0, 40, 31))
    seeds = tf.data.Dataset.range(6).map(lambda i: tf.stack([tf.constant(5, "int64"), i]))
    views = seeds.map(lambda seed: random_view(picture, 16, 0.5, seed), num_parallel_calls=2)
    for seed, view in zip(seeds, views, strict=True):
        eager = random_view(picture, 16, 0.5, seed)
        assert eager.shape == (16, 16, 3)
        np.testing.assert_allclose(view.numpy(), eager.numpy(), atol=1e-6)
    assert views.element_spec == tf.TensorSpec((16, 16, 3), "float32")


def test_the_seed_alone_decides(make_picture):
    picture = tf.constant(make_picture(0, 40, 31))
    one, same, other = (
        random_view(picture, 8, 0.5, tf.constant(seed)).numpy() for seed in ([1, 2], [1, 2], [1, 3])
    )
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


def test_half_of_the_views_are_mirrored_and_half_are_of_the_whole_short_side():
    views = 255 * _views(_ramp(64, 64), 16, 0.5, 300)
    mirrored = views[:, 0, 0, 0] > views[:, 0, -1, 0]
    assert mirrored.mean() == pytest.approx(0.5, abs=0.1)
    # Green runs over the crop's side less one pixel of the view.
    sides = (views[:, -1, 0, 1] - views[:, 0, 0, 1]) * 16 / 15
    whole = sides > 62.5
    assert whole.mean() == pytest.approx(0.5, abs=0.1)
    assert sides.min() == pytest.approx(32, abs=3)
    assert sides[~whole].mean() == pytest.approx(48, abs=3)


def test_crops_lie_anywhere():
    views = 255 * _views(_ramp(20, 60), 4, 1.0, 200)
    centers = views[..., 0].mean((1, 2))
    assert centers.min() == pytest.approx(9.5, abs=1.5)
    assert centers.max() == pytest.approx(49.5, abs=1.5)
    assert centers.mean() == pytest.approx(29.5, abs=3)
    np.testing.assert_allclose(views[..., 1].mean((1, 2)), 9.5, atol=0.5)


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 50, 3), (50, 1, 3), (2, 3, 3)])
def test_tiny_pictures(shape):
    picture = np.full(shape, 51, "uint8")
    for view in (*_views(picture, 8, 0.1, 10), center_view(picture, 8).numpy()):
        np.testing.assert_allclose(view, np.full((8, 8, 3), 0.2), atol=1e-6)


def test_views_stay_in_range():
    checkers = (255 * (np.indices((32, 32)).sum(0) % 2)).astype("uint8")
    views = _views(checkers[..., None].repeat(3, -1), 48, 0.5, 5)
    assert views.min() >= 0
    assert views.max() <= 1
    assert views.dtype == "float32"


def test_center_view_is_the_middle_square():
    view = 255 * center_view(_ramp(20, 61), 20).numpy()
    np.testing.assert_allclose(view, _ramp(20, 61)[:, 20:40], atol=1e-3)
    np.testing.assert_allclose(
        255 * center_view(_ramp(61, 20), 20), _ramp(61, 20)[20:40], atol=1e-3
    )


def test_shrinking_averages():
    # Every second pixel is white: without anti-aliasing the mean would not survive.
    stripes = np.zeros((64, 64, 3), "uint8")
    stripes[:, ::2] = 255
    expected = resize(stripes / 255, (8, 8), order=3, anti_aliasing=True)
    np.testing.assert_allclose(center_view(stripes, 8), np.full((8, 8, 3), 0.5), atol=0.03)
    np.testing.assert_allclose(expected, np.full((8, 8, 3), 0.5), atol=0.03)
