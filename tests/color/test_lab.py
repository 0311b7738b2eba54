"""CIE L*a*b* against scikit-image and published values."""

import numpy as np
import pytest
from keras import ops
from skimage import color as reference

from keras_colorize.color import lab_to_rgb, rgb_to_lab, rgb_to_lightness, rgb_to_xyz, xyz_to_lab


def test_equals_scikit_image(rgb_colors):
    lab = ops.convert_to_numpy(rgb_to_lab(rgb_colors))
    np.testing.assert_allclose(lab, reference.rgb2lab(rgb_colors), atol=1e-3)
    back = ops.convert_to_numpy(lab_to_rgb(lab))
    np.testing.assert_allclose(back, reference.lab2rgb(lab), atol=1e-3)


@pytest.mark.parametrize(
    ("rgb", "lab"),
    [
        # The sRGB primaries as printed by Lindbloom's colour calculator for D65.
        ([1, 0, 0], [53.24, 80.09, 67.20]),
        ([0, 1, 0], [87.73, -86.18, 83.18]),
        ([0, 0, 1], [32.30, 79.19, -107.86]),
        ([1, 1, 1], [100, 0, 0]),
        ([0, 0, 0], [0, 0, 0]),
    ],
)
def test_published_primaries(rgb, lab):
    converted = ops.convert_to_numpy(rgb_to_lab(np.array(rgb, "float32")))
    np.testing.assert_allclose(converted, lab, atol=0.02)


def test_lightness_alone_is_the_first_channel(rgb_colors):
    lightness = ops.convert_to_numpy(rgb_to_lightness(rgb_colors))
    assert lightness.shape == (*rgb_colors.shape[:-1], 1)
    np.testing.assert_allclose(lightness, reference.rgb2lab(rgb_colors)[..., :1], atol=1e-3)


def test_goes_through_xyz(rgb_colors):
    np.testing.assert_allclose(
        ops.convert_to_numpy(xyz_to_lab(rgb_to_xyz(rgb_colors))),
        reference.xyz2lab(reference.rgb2xyz(rgb_colors)),
        atol=1e-3,
    )


def test_gradient_near_black_is_the_slope_of_the_straight_piece(gradient_of):
    # dL*/dY = 903.3 and dY/dlinear sums to 1 over a grey; the sRGB curve divides by 12.92.
    gradient = gradient_of(rgb_to_lightness, np.zeros((1, 3), "float32"))
    np.testing.assert_allclose(gradient.sum(), 903.3 / 12.92, rtol=1e-3)
