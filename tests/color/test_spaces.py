"""Color spaces against scikit-image, the standard library, and published values."""

import colorsys

import numpy as np
import pytest
from keras import ops
from skimage import color as reference

from keras_colorize import color
from keras_colorize.color.xyz import decode_gamma, encode_gamma

SPACES = {
    "lab": (color.rgb_to_lab, color.lab_to_rgb, 1e-3),
    "luv": (color.rgb_to_luv, lambda luv: color.xyz_to_rgb(color.luv_to_xyz(luv)), 1e-3),
    "xyz": (color.rgb_to_xyz, color.xyz_to_rgb, 1e-5),
    "yuv": (color.rgb_to_yuv, color.yuv_to_rgb, 1e-5),
}


def close(actual, expected, atol=1e-6):
    np.testing.assert_allclose(ops.convert_to_numpy(actual), expected, atol=atol)


@pytest.mark.parametrize("space", SPACES)
def test_equals_scikit_image(space, rgb_colors):
    there, back, atol = SPACES[space]
    values = ops.convert_to_numpy(there(rgb_colors))
    close(values, getattr(reference, f"rgb2{space}")(rgb_colors), atol)
    close(back(values), getattr(reference, f"{space}2rgb")(values), max(atol, 1e-4))
    if space == "lab":
        close(color.rgb_to_lightness(rgb_colors), values[..., :1], 1e-4)


def _distance(hsv, expected):
    distance = np.abs(ops.convert_to_numpy(hsv) - expected)
    distance[..., 0] = np.minimum(distance[..., 0], 1.0 - distance[..., 0])
    return distance.max()


def test_hsv_equals_scikit_image_and_the_standard_library(rgb_colors):
    # In float32 on both sides: the hue of a color next to gray hangs on its last digit.
    rgb_colors = rgb_colors.astype("float32")
    hsv = ops.convert_to_numpy(color.rgb_to_hsv(rgb_colors))
    assert _distance(hsv, reference.rgb2hsv(rgb_colors)) < 1e-3
    close(color.hsv_to_rgb(hsv), reference.hsv2rgb(hsv), atol=1e-3)
    # Corners and edges.
    steps = np.linspace(0.0, 1.0, 5)
    colors = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(-1, 3)
    expected = np.array([colorsys.rgb_to_hsv(*rgb) for rgb in colors])
    assert _distance(color.rgb_to_hsv(colors), expected) < 1e-6
    # Hue is cyclic.
    turns = np.array([[-0.75, 1.0, 0.5], [0.25, 1.0, 0.5], [1.25, 1.0, 0.5]])
    rgb = ops.convert_to_numpy(color.hsv_to_rgb(turns))
    np.testing.assert_allclose(rgb - rgb[1], 0.0, atol=1e-6)


def test_published_primaries_and_weights():
    # The sRGB primaries as printed by Lindbloom's color calculator for D65.
    rgb = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1], [0, 0, 0]], "float32")
    lab = [[53.24, 80.09, 67.20], [87.73, -86.18, 83.18], [32.30, 79.19, -107.86]]
    close(color.rgb_to_lab(rgb), [*lab, [100, 0, 0], [0, 0, 0]], atol=0.02)
    # ASTM E308: D65, 2 degrees; the luma of BT.601.
    close(color.rgb_to_xyz(np.ones((1, 3))), [[0.95047, 1.0, 1.08883]], atol=1e-4)
    close(color.rgb_to_yuv(np.eye(3))[:, 0], [0.299, 0.587, 0.114], atol=1e-7)


def test_gradient_near_black_is_the_slope_of_the_straight_piece(gradient_of):
    # dL*/dY = 903.3 and dY/dlinear sums to 1 over a gray; the sRGB curve divides by 12.92.
    gradient = gradient_of(color.rgb_to_lightness, np.zeros((1, 3), "float32"))
    np.testing.assert_allclose(gradient.sum(), 903.3 / 12.92, rtol=1e-3)


def test_black_and_grays_have_no_chroma():
    grays = np.repeat(np.linspace(0.0, 1.0, 11)[:, np.newaxis], 3, axis=1)
    luv = ops.convert_to_numpy(color.rgb_to_luv(grays))
    np.testing.assert_array_equal(luv[0], [0.0, 0.0, 0.0])
    np.testing.assert_allclose(luv[:, 1:], 0.0, atol=0.02)
    close(color.luv_to_xyz(np.array([[0.0, 90.0, -90.0]])), 0.0, atol=1e-8)


def test_what_srgb_cannot_show_is_cut():
    for back, vivid in ((color.xyz_to_rgb, [0.2, 0.7, 0.1]), (color.yuv_to_rgb, [0.9, 0.4, 0.6])):
        rgb = ops.convert_to_numpy(back(np.array([vivid])))
        assert rgb.max() == 1.0 or rgb.min() == 0.0
        assert 0.0 <= rgb.min() <= rgb.max() <= 1.0


def test_the_curve_of_srgb():
    # Middle gray 0.5 is 21.4 % light, 8-bit 188 is half the light (0.5029), the knee joins.
    rgb = np.array([[0.0, 0.5, 1.0], [188 / 255, 0.04045, 10 / 255]])
    light = [[0.0, 0.214041, 1.0], [0.502886, 0.0031308, 0.00303527]]
    close(decode_gamma(rgb), light, atol=2e-6)
    # On both sides of the knee, and below 0, where the piece is straight.
    light = np.linspace(0.0, 0.01, 300).reshape(-1, 3)
    close(decode_gamma(encode_gamma(light)), light)
    close(encode_gamma(np.array([[-0.01, -1.0, 0.0]])), [[-0.1292, -12.92, 0.0]], atol=1e-5)


@pytest.mark.parametrize("name", ["ab", "luv_uv", "yuv_uv"])
def test_scaled_chroma_has_the_whole_gamut_and_grey_is_one_half(name, rgb_colors):
    scale, unscale = getattr(color, f"scale_{name}"), getattr(color, f"unscale_{name}")
    space = {"ab": "lab", "luv_uv": "luv", "yuv_uv": "yuv"}[name]
    chroma = SPACES[space][0](rgb_colors)[..., 1:]
    scaled = ops.convert_to_numpy(scale(chroma))
    assert -1e-6 <= scaled.min() < 0.13
    assert 0.87 < scaled.max() <= 1 + 1e-6
    close(unscale(scaled), ops.convert_to_numpy(chroma), atol=1e-4)
    np.testing.assert_array_equal(ops.convert_to_numpy(scale(np.zeros((4, 2)))), 0.5)
    # BT.601: u = 0.492 (B - Y) and v = 0.877 (R - Y), largest for pure blue and pure red.
    limits = {"ab": [110, 110], "luv_uv": [180, 180], "yuv_uv": [0.492 * 0.886, 0.877 * 0.701]}
    close(unscale(np.ones((1, 2))), [limits[name]], atol=1e-3)
