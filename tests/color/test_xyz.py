"""CIE XYZ against scikit-image."""

import numpy as np
from keras import ops
from skimage import color as reference

from keras_colorize.color import rgb_to_xyz, xyz_to_rgb


def test_equals_scikit_image(rgb_colors):
    xyz = ops.convert_to_numpy(rgb_to_xyz(rgb_colors))
    np.testing.assert_allclose(xyz, reference.rgb2xyz(rgb_colors), atol=1e-5)
    back = ops.convert_to_numpy(xyz_to_rgb(xyz))
    np.testing.assert_allclose(back, reference.xyz2rgb(xyz), atol=1e-4)


def test_white_is_d65():
    # ASTM E308: D65, 2 degrees.
    white = ops.convert_to_numpy(rgb_to_xyz(np.ones((1, 3))))
    np.testing.assert_allclose(white, [[0.95047, 1.0, 1.08883]], atol=1e-4)


def test_clipping_is_a_choice():
    spectral_green = np.array([[0.2, 0.7, 0.1]])
    cut = ops.convert_to_numpy(xyz_to_rgb(spectral_green))
    whole = ops.convert_to_numpy(xyz_to_rgb(spectral_green, clip=False))
    assert whole.min() < 0 < cut.max()
    np.testing.assert_allclose(cut, np.clip(whole, 0, 1))
