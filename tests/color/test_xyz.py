"""CIE XYZ against scikit-image, the sRGB curve against IEC 61966-2-1."""

import numpy as np
from keras import ops
from skimage import color as reference

from keras_colorize.color import rgb_to_xyz, xyz_to_rgb
from keras_colorize.color.xyz import decode_gamma, encode_gamma


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


def test_published_points_of_the_curve():
    # Middle grey 0.5 is 21.4 % light, 8-bit 188 is half the light (0.5029), the knee joins.
    rgb = np.array([[0.0, 0.5, 1.0], [188 / 255, 0.04045, 10 / 255]])
    light = [[0.0, 0.214041, 1.0], [0.502886, 0.0031308, 0.00303527]]
    np.testing.assert_allclose(ops.convert_to_numpy(decode_gamma(rgb)), light, atol=2e-6)


def test_inverse_on_both_sides_of_the_knee():
    light = np.linspace(0.0, 0.01, 300).reshape(-1, 3)
    back = decode_gamma(encode_gamma(light))
    np.testing.assert_allclose(ops.convert_to_numpy(back), light, atol=1e-6)


def test_negative_values_keep_the_straight_piece():
    np.testing.assert_allclose(
        ops.convert_to_numpy(encode_gamma(np.array([[-0.01, -1.0, 0.0]]))),
        [[-0.1292, -12.92, 0.0]],
        rtol=1e-6,
    )
