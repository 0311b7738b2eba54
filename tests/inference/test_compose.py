import numpy as np
import pytest
from keras import ops
from skimage import color, transform

from keras_colorize.color import reduce_chroma_to_gamut
from keras_colorize.inference import pixels
from keras_colorize.inference.compose import compose, resize_bicubic, to_working_size


def _lightness(height, width, low=40, high=70):
    noise = np.random.default_rng(1).uniform(low, high, (1, height, width, 1))
    return noise.astype("float32")


def _ab(height, width, spread):
    noise = np.random.default_rng(2).uniform(-spread, spread, (1, height, width, 2))
    return noise.astype("float32")


def test_colors_in_the_gamut_are_those_of_skimage():
    lightness, ab = _lightness(24, 40), _ab(6, 10, 15)
    # Catmull-Rom splines differ by library only in how they treat the border.
    enlarged = transform.resize(ab[0], (24, 40), order=3, mode="edge", anti_aliasing=False)
    expected = color.lab2rgb(np.concatenate([lightness[0], enlarged], axis=-1))
    inner = (slice(8, -8), slice(8, -8))
    difference = np.abs(compose(lightness, ab)[0] - expected)[inner]
    assert difference.mean() < 0.01
    assert difference.max() < 0.06


@pytest.mark.parametrize(
    "before, after", [((90, 61), (32, 96)), ((40, 33), (40, 64)), ((3, 1), (32, 32))]
)
@pytest.mark.parametrize("kind", [np.asarray, ops.convert_to_tensor])
def test_pictures_are_resized_as_keras_does(before, after, kind):
    x = np.random.default_rng(7).uniform(0, 100, (2, *before, 2)).astype("float32")
    expected = ops.image.resize(x, after, interpolation="bicubic", antialias=True)
    np.testing.assert_allclose(resize_bicubic(kind(x), after), expected, atol=1e-3)
    band = resize_bicubic(kind(x), after, 5, 20)
    np.testing.assert_allclose(band, expected[:, 5:25], atol=1e-3)


@pytest.mark.parametrize("height, width", [(90, 61), (20, 400)])
def test_the_network_sees_what_keras_resizes(height, width, monkeypatch):
    levels = np.random.default_rng(7).integers(0, 256, (height, width, 3), dtype="uint8")
    lightness = color.rgb2lab(levels)[..., :1]
    monkeypatch.setattr(pixels, "BAND_PIXELS", 500)
    seen = to_working_size(pixels.Lightness(levels), 128)
    expected = ops.image.resize(lightness, seen.shape[:2], "bicubic", antialias=True)
    np.testing.assert_allclose(seen, np.clip(expected, 0, 100), atol=3e-3)


def test_no_saturation_is_exactly_grey():
    target = np.empty((1, 11, 7, 3), "uint8")
    compose(_lightness(11, 7, low=0, high=100), np.float16(_ab(3, 3, 80)), 0.0, target)
    assert not np.ptp(target, axis=-1).any()


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
def test_levels_are_the_nearest(dtype):
    lightness, ab = _lightness(50, 300, low=0, high=100), _ab(6, 30, 60)
    target = np.zeros((1, 50, 300, 4), dtype)
    assert compose(lightness, ab, 1.2, target) is target
    enlarged = 1.2 * resize_bicubic(ab, (50, 300))
    expected = np.asarray(reduce_chroma_to_gamut(np.concatenate([lightness, enlarged], axis=-1)))
    steps = np.iinfo(dtype).max if target.dtype.kind == "u" else 1.0
    # Rounding moves the edge of the gamut by some hundred-thousandths.
    rounding = 2e-5 + (0.5 / steps if steps > 1 else 0.0)
    np.testing.assert_allclose(target[..., :3] / steps, expected, rtol=0, atol=rounding)
    assert not target[..., 3].any()


def test_bands_pictures_together_and_views_equal_each_alone(monkeypatch):
    lightness, ab = np.concatenate(2 * [_lightness(40, 30, 0, 100)]), _ab(6, 5, 60)
    ab = np.concatenate([ab, -ab])
    together = compose(lightness, ab, 1.2, np.zeros((2, 40, 30, 3), "uint8"))
    monkeypatch.setattr(pixels, "BAND_PIXELS", 8 * 30)
    for colorized, one, its_ab in zip(together, lightness, ab, strict=True):
        whole = np.zeros((1, 40, 60, 4), "uint8")
        compose(one[None], its_ab[None], 1.2, whole[:, :, ::2])
        np.testing.assert_array_equal(whole[0, :, ::2, :3], colorized)
        assert not whole[..., 3].any() and not whole[:, :, 1::2].any()
