import numpy as np
import pytest
from skimage import color

from keras_colorize.bins import CHANNEL_BINS
from keras_colorize.color import scale_ab, scale_luv_uv, scale_yuv_uv
from keras_colorize.inference.heads import ab_to_channels, channels_to_ab, predicted_ab


@pytest.fixture
def truth():
    """Colors (1, 6, 8, 3) in sRGB with their L*a*b* by scikit-image."""
    rgb = np.random.default_rng(0).uniform(0.2, 0.8, (1, 6, 8, 3))
    return rgb.astype("float32"), color.rgb2lab(rgb).astype("float32")


def test_regressions(truth):
    rgb, lab = truth
    for output, encoded, atol in (
        ("ab", scale_ab(color.rgb2lab(rgb)[..., 1:]), 1e-3),
        ("rgb", rgb, 2e-3),
        ("yuv_uv", scale_yuv_uv(color.rgb2yuv(rgb)[..., 1:]), 0.02),
        ("luv_uv", scale_luv_uv(color.rgb2luv(rgb)[..., 1:]), 0.05),
        ("hs", color.rgb2hsv(rgb)[..., :2], 0.3),
    ):
        actual = predicted_ab(np.float32(encoded), output, lab[..., :1])
        np.testing.assert_allclose(actual, lab[..., 1:], atol=atol)


def test_chroma_of_yuv_at_the_edge_of_the_gamut():
    corners = np.float32([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1], [0, 0, 0]])[None, None]
    lab = color.rgb2lab(corners).astype("float32")
    scaled = scale_yuv_uv(color.rgb2yuv(corners)[..., 1:].astype("float32"))
    actual = np.asarray(predicted_ab(scaled, "yuv_uv", lab[..., :1]))
    hue = np.degrees(np.arctan2(actual[..., 1], actual[..., 0]))
    expected = np.degrees(np.arctan2(lab[..., 2], lab[..., 1]))
    np.testing.assert_allclose(hue[0, 0, :3], expected[0, 0, :3], atol=10)
    np.testing.assert_allclose(actual[0, 0, 3:], 0.0, atol=0.1)


def test_lightness_of_another_size_is_scaled():
    chroma = scale_yuv_uv(np.full((1, 4, 5, 2), 0.05, "float32"))
    lightness = np.full((1, 8, 10, 1), 50.0, "float32")
    small = predicted_ab(chroma, "yuv_uv", lightness[:, :4, :5])
    np.testing.assert_allclose(predicted_ab(chroma, "yuv_uv", lightness), small, atol=1e-4)
    with pytest.raises(ValueError, match="received 'hsv'"):
        predicted_ab(chroma, "hsv", lightness)


def test_certain_channel_logits_are_their_bins_and_channels_come_back(truth):
    rgb, lab = truth
    lightness, ab = lab[..., :1], lab[..., 1:]
    for output, channels in (
        ("ab_channel_logits", ab),
        ("luv_uv_logits", color.rgb2luv(rgb)[..., 1:]),
        ("hs_logits", color.rgb2hsv(rgb)[..., :2]),
    ):
        bins = CHANNEL_BINS[output]
        logits = 60.0 * np.eye(bins.count, dtype="float32")[np.asarray(bins.encode(channels))]
        actual = np.asarray(predicted_ab(logits, output, lightness, "mode"))
        # Half a bin of 10 at most in a and b, and little in hue and saturation.
        assert np.abs(actual - ab).mean() < (1.5 if output == "hs_logits" else 5.0)
        actual = channels_to_ab(ab_to_channels(ab, output, lightness), output, lightness)
        np.testing.assert_allclose(actual, ab, atol=0.3)


def test_bin_means_replace_the_centers():
    logits = np.zeros((1, 1, 1, 2, 25), "float32")
    logits[..., 3] = 60.0
    means = np.arange(50.0).reshape(2, 25)
    lightness = np.full((1, 4, 4, 1), 50.0, "float32")
    actual = predicted_ab(logits, "ab_channel_logits", lightness, "mode", bin_means=means)
    np.testing.assert_allclose(actual, [[[[3.0, 28.0]]]])
