"""CIE L*u*v* against scikit-image."""

import numpy as np
from keras import ops
from skimage import color as reference

from keras_colorize.color import luv_to_xyz, rgb_to_luv, xyz_to_rgb


def test_equals_scikit_image(rgb_colors):
    luv = ops.convert_to_numpy(rgb_to_luv(rgb_colors))
    np.testing.assert_allclose(luv, reference.rgb2luv(rgb_colors), atol=1e-3)
    back = ops.convert_to_numpy(xyz_to_rgb(luv_to_xyz(luv)))
    np.testing.assert_allclose(back, reference.luv2rgb(luv), atol=1e-3)


def test_black_and_greys_have_no_chroma():
    greys = np.repeat(np.linspace(0.0, 1.0, 11)[:, np.newaxis], 3, axis=1)
    luv = ops.convert_to_numpy(rgb_to_luv(greys))
    np.testing.assert_array_equal(luv[0], [0.0, 0.0, 0.0])
    np.testing.assert_allclose(luv[:, 1:], 0.0, atol=0.02)


def test_chroma_without_light_is_black():
    xyz = ops.convert_to_numpy(luv_to_xyz(np.array([[0.0, 90.0, -90.0]])))
    np.testing.assert_allclose(xyz, 0.0, atol=1e-8)
