"""What a network learns from a picture."""

import numpy as np
import pytest
from skimage.color import rgb2hsv, rgb2lab, rgb2luv, rgb2yuv

from keras_colorize.color import unscale_ab, unscale_luv_uv, unscale_yuv_uv
from keras_colorize.data import Targets

RGB = np.random.default_rng(0).random((2, 8, 12, 3)).astype("float32")
LABELS = np.array([3, -1], "int32")


def _blocks(values, stride):
    """Means over blocks of stride x stride pixels."""
    n, height, width, channels = values.shape
    blocks = values.reshape(n, height // stride, stride, width // stride, stride, channels)
    return blocks.mean((2, 4))


EXPECTED = {
    "ab": lambda rgb: rgb2lab(rgb)[..., 1:],
    "ab_scaled": lambda rgb: rgb2lab(rgb)[..., 1:],
    "yuv_uv_scaled": lambda rgb: rgb2yuv(rgb)[..., 1:],
    "luv_uv": lambda rgb: rgb2luv(rgb)[..., 1:],
    "luv_uv_scaled": lambda rgb: rgb2luv(rgb)[..., 1:],
    "hs": lambda rgb: rgb2hsv(rgb)[..., :2],
    "rgb": lambda rgb: rgb,
}
UNSCALE = {
    "ab_scaled": unscale_ab,
    "yuv_uv_scaled": unscale_yuv_uv,
    "luv_uv_scaled": unscale_luv_uv,
}


@pytest.mark.parametrize("stride", [1, 2, 4])
@pytest.mark.parametrize("kind", EXPECTED)
def test_colors_are_those_of_scikit_image_averaged_over_blocks(kind, stride):
    lightness, targets = Targets({"out": kind, "scene": "label"}, stride)(RGB, LABELS)
    np.testing.assert_allclose(lightness, rgb2lab(RGB)[..., :1], atol=1e-3)
    assert list(targets) == ["out", "scene"]
    np.testing.assert_array_equal(targets["scene"], LABELS)
    values = np.asarray(targets["out"])
    assert values.dtype == "float32"
    if kind in UNSCALE:
        assert values.min() >= 0
        assert values.max() <= 1
        values = np.asarray(UNSCALE[kind](values))
    np.testing.assert_allclose(values, _blocks(EXPECTED[kind](RGB), stride), atol=2e-3)


def test_what_cannot_be_learned_is_refused():
    for sides in ((8, 10), (7, 8)):
        with pytest.raises(ValueError, match=r"multiples of 4, received \((8, 10|7, 8)\)"):
            Targets({"out": "ab"}, 4)(np.zeros((1, *sides, 3), "float32"), LABELS[:1])
    for outputs in ({}, {"out": "lab"}):
        with pytest.raises(ValueError, match="kinds among ab, .*rgb, label"):
            Targets(outputs)
