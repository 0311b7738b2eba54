"""HSV against scikit-image and the standard library."""

import colorsys

import numpy as np
from keras import ops
from skimage import color as reference

from keras_colorize.color import hsv_to_rgb, rgb_to_hsv


def _distance(hsv, expected):
    distance = np.abs(hsv - expected)
    around = np.minimum(distance[..., 0], 1.0 - distance[..., 0])
    return np.concatenate([around[..., np.newaxis], distance[..., 1:]], axis=-1)


def test_equals_scikit_image(rgb_colors):
    # In float32 on both sides: the hue of a colour next to grey hangs on its last digit.
    rgb_colors = rgb_colors.astype("float32")
    hsv = ops.convert_to_numpy(rgb_to_hsv(rgb_colors))
    assert _distance(hsv, reference.rgb2hsv(rgb_colors)).max() < 1e-3
    back = ops.convert_to_numpy(hsv_to_rgb(hsv))
    np.testing.assert_allclose(back, reference.hsv2rgb(hsv), atol=1e-3)


def test_equals_the_standard_library_on_corners_and_edges():
    steps = np.linspace(0.0, 1.0, 5)
    colors = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(-1, 3)
    expected = np.array([colorsys.rgb_to_hsv(*rgb) for rgb in colors])
    assert _distance(ops.convert_to_numpy(rgb_to_hsv(colors)), expected).max() < 1e-6


def test_hue_is_cyclic():
    turns = np.array([[-0.75, 1.0, 0.5], [0.25, 1.0, 0.5], [1.25, 1.0, 0.5]])
    rgb = ops.convert_to_numpy(hsv_to_rgb(turns))
    np.testing.assert_allclose(rgb - rgb[1], 0.0, atol=1e-6)
