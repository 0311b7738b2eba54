"""Scaled chroma: the gamut fits, grey is one half, the inverse is exact."""

import numpy as np
import pytest
from keras import ops

from keras_colorize import color

SPACES = {
    "ab": (color.rgb_to_lab, color.scale_ab, color.unscale_ab),
    "luv_uv": (color.rgb_to_luv, color.scale_luv_uv, color.unscale_luv_uv),
    "yuv_uv": (color.rgb_to_yuv, color.scale_yuv_uv, color.unscale_yuv_uv),
}


@pytest.mark.parametrize(("convert", "scale", "unscale"), SPACES.values(), ids=SPACES)
def test_the_whole_gamut_lies_in_the_unit_interval(convert, scale, unscale, rgb_colors):
    chroma = convert(rgb_colors)[..., 1:]
    scaled = ops.convert_to_numpy(scale(chroma))
    assert -1e-6 <= scaled.min() < 0.13
    assert 0.87 < scaled.max() <= 1 + 1e-6
    np.testing.assert_allclose(
        ops.convert_to_numpy(unscale(scaled)), ops.convert_to_numpy(chroma), atol=1e-4
    )


@pytest.mark.parametrize(("convert", "scale", "unscale"), SPACES.values(), ids=SPACES)
def test_grey_is_one_half(convert, scale, unscale):
    np.testing.assert_array_equal(ops.convert_to_numpy(scale(np.zeros((4, 2)))), 0.5)
    np.testing.assert_array_equal(ops.convert_to_numpy(unscale(np.full((4, 2), 0.5))), 0.0)


def test_the_edges_of_each_range():
    np.testing.assert_allclose(ops.convert_to_numpy(color.unscale_ab([[0.0, 1.0]])), [[-110, 110]])
    np.testing.assert_allclose(
        ops.convert_to_numpy(color.unscale_luv_uv([[0.0, 1.0]])), [[-180, 180]]
    )
    # BT.601: u = 0.492 (B - Y) and v = 0.877 (R - Y), largest for pure blue and pure red.
    np.testing.assert_allclose(
        ops.convert_to_numpy(color.unscale_yuv_uv([[1.0, 1.0]])),
        [[0.492 * (1 - 0.114), 0.877 * (1 - 0.299)]],
        rtol=1e-3,
    )
