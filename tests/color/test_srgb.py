"""The sRGB curve against IEC 61966-2-1."""

import numpy as np
from keras import ops

from keras_colorize.color import linear_to_rgb, rgb_to_linear


def test_published_points_of_the_curve():
    # Middle grey 0.5 is 21.4 % light, 8-bit 188 is half the light (0.5029), the knee joins.
    rgb = np.array([[0.0, 0.5, 1.0], [188 / 255, 0.04045, 10 / 255]])
    light = [[0.0, 0.214041, 1.0], [0.502886, 0.0031308, 0.00303527]]
    np.testing.assert_allclose(ops.convert_to_numpy(rgb_to_linear(rgb)), light, atol=2e-6)


def test_inverse_on_both_sides_of_the_knee():
    light = np.linspace(0.0, 0.01, 300).reshape(-1, 3)
    back = rgb_to_linear(linear_to_rgb(light))
    np.testing.assert_allclose(ops.convert_to_numpy(back), light, atol=1e-6)


def test_negative_values_keep_the_straight_piece():
    np.testing.assert_allclose(
        ops.convert_to_numpy(linear_to_rgb(np.array([[-0.01, -1.0, 0.0]]))),
        [[-0.1292, -12.92, 0.0]],
        rtol=1e-6,
    )
