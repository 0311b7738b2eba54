"""Colorfulness after Hasler & Suesstrunk 2003, diversity, and chroma where lightness is even."""

import numpy as np
import pytest
import skimage.data
from keras import ops
from skimage import color

from keras_colorize.metrics import blotchiness, chroma_flicker, hue_patchiness
from keras_colorize.metrics.vividness import colorfulness, diversity


def _published(rgb_uint8):
    """Hasler & Suesstrunk 2003, section 6: sigma_rgyb + 0.3 mu_rgyb."""
    red, green, blue = np.moveaxis(rgb_uint8.astype("float64"), -1, 0)
    rg, yb = red - green, (red + green) / 2 - blue
    return np.hypot(rg.std(), yb.std()) + 0.3 * np.hypot(rg.mean(), yb.mean())


def _numpy(function, rgb):
    return ops.convert_to_numpy(function(rgb))


def _ab(pictures, seed=0):
    return np.random.default_rng(seed).normal(0, 20, (pictures, 6, 7, 2)).astype("float32")


def test_photographs_and_colors_by_hand():
    for picture in (skimage.data.astronaut(), skimage.data.chelsea(), skimage.data.coffee()):
        value = _numpy(colorfulness, (picture / 255).astype("float32"))
        assert value == pytest.approx(_published(picture), rel=1e-4)
    # All red: rg = 255 and yb = 127.5 everywhere, so only the mean counts. Half blue, half yellow:
    # yb = -255 or 255, so only the spread counts.
    red, halves = np.float32([[[1, 0, 0], [1, 0, 0]]]), np.float32([[[0, 0, 1], [1, 1, 0]]])
    expected = [0.3 * 255 * np.sqrt(1.25), 255.0]
    np.testing.assert_allclose(_numpy(colorfulness, np.stack([red, halves])), expected, rtol=1e-5)


def test_diversity_is_none_of_one_color_and_nearly_all_of_independent_ones_at_any_strength():
    same = np.repeat(_ab(1), 4, axis=0)
    assert float(diversity(same)) == pytest.approx(0.0, abs=1e-6)
    assert float(diversity(np.zeros_like(same))) == 0
    assert 0.8 < float(diversity(_ab(64))) < 1.2
    assert float(diversity(_ab(6))) == pytest.approx(float(diversity(0.1 * _ab(6))), rel=1e-5)


GREY = np.random.default_rng(0).random((12, 16, 1)).astype("float32").repeat(3, axis=-1)


def _rgb(lightness, a, b):
    lab = np.stack(np.broadcast_arrays(lightness, a, b), axis=-1).astype("float64")
    return color.lab2rgb(lab).astype("float32")


def test_a_border_by_hand():
    # 4 rows of 6 pixels: one step of 3, 4 (length 5) a row among 5 x 4 + 6 x 3 pairs.
    a = np.where(np.arange(6) < 3, 0.0, 3.0)[None].repeat(4, axis=0)
    assert _numpy(blotchiness, _rgb(50.0, a, a * 4 / 3)) == pytest.approx(4 * 5 / 38, abs=0.01)
    # At an edge of lightness it is none.
    assert _numpy(blotchiness, _rgb(50.0 + 7 * a, a, a * 4 / 3)) == pytest.approx(0.0, abs=0.01)
    assert _numpy(blotchiness, GREY) == pytest.approx(0.0, abs=0.02)
    assert _numpy(blotchiness, np.full((1, 1, 3), 0.3, "float32")) == 0.0


@pytest.mark.parametrize("strength", [1.0, 0.5])
def test_patches_are_the_circular_variance_of_hue(strength):
    # A half red, a half blue-green or yellow: hues 180 and 90 degrees apart, at any strength.
    a = strength * np.where(np.arange(20) < 10, 20.0, -20.0)[None].repeat(10, axis=0)
    opposite = hue_patchiness(_rgb(52.0, a, np.zeros_like(a)))
    assert opposite == pytest.approx(1.0, abs=0.01)
    right = hue_patchiness(_rgb(52.0, np.maximum(a, 0), np.maximum(-a, 0)))
    assert right == pytest.approx(1 - np.sqrt(0.5), abs=0.01)
    assert hue_patchiness(_rgb(52.0, np.abs(a), a * 0 + 5)) == pytest.approx(0.0, abs=0.01)


def test_regions_are_parted_by_lightness_and_small_ones_do_not_count():
    a = np.where(np.arange(20) < 10, 20.0, -20.0)[None].repeat(10, axis=0)
    lightness = np.where(a > 0, 40.0, 60.0)
    assert hue_patchiness(_rgb(lightness, a, 0 * a)) == pytest.approx(0.0, abs=0.01)
    # The same steps of lightness, but parted by an edge: they are two regions.
    lightness = np.where(np.abs(np.arange(20) - 9.5) < 2, 80.0, 50.0)[None].repeat(10, axis=0)
    assert hue_patchiness(_rgb(lightness, a, 0 * a)) == pytest.approx(0.0, abs=0.01)
    assert hue_patchiness(_rgb(52.0, a, 0 * a)[:, 7:13]) == 0.0


def test_grey_has_no_patches_and_a_photograph_few():
    assert hue_patchiness(GREY) == 0.0
    assert hue_patchiness(np.full((20, 20, 3), 0.5, "float32")) == 0.0
    photograph = skimage.data.coffee()[::4, ::4] / 255.0
    lab = color.rgb2lab(photograph)
    noise = np.random.default_rng(0).normal(0, 1, (4, 5, 2)).repeat(25, 0).repeat(30, 1)
    patched = color.lab2rgb(lab + [0, 1, 1] * np.pad(8 * noise, ((0, 0), (0, 0), (1, 0))))
    values = [hue_patchiness(one.astype("float32")) for one in (photograph, patched)]
    assert 0 < values[0] < 0.1
    assert values[1] > 5 * values[0]


def test_only_static_pixels_count():
    # Three frames of 2x2 pixels, 50 light. One static pixel jumps by (3, 4) once; another changes
    # color where its lightness moves. First pair: three static pixels, one of them 5 off; second
    # pair: four static, none off.
    frames = np.full((3, 2, 2, 3), 50.0, "float32")
    frames[1:, 0, 0, 1:] += [3.0, 4.0]
    frames[1:, 1, 1] += [20.0, 60.0, 0.0]
    assert chroma_flicker(frame for frame in frames) == pytest.approx(5.0 / 7.0)
    frames[1] += 10.0
    assert chroma_flicker(frames) == 0.0
    with pytest.raises(ValueError, match="two frames"):
        chroma_flicker(frames[:1])
