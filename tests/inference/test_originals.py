"""Negatives, flat and dark scans, borders and squeezed frames: what the network sees of them."""

import numpy as np
import pytest
import skimage.data
from skimage.color import rgb2lab
from skimage.transform import resize

from keras_colorize.inference.compose import to_working_size
from keras_colorize.inference.pixels import EVERYTHING, box_within_border, lightness_of

CAMERA = np.repeat(skimage.data.camera()[::4, ::4, None], 3, axis=-1)


def framed(pixels, level, *widths):
    """Pixels in a border of a level, with the grain of a scan."""
    top, bottom, left, right = widths
    shape = (pixels.shape[0] + top + bottom, pixels.shape[1] + left + right, 1)
    border = np.random.default_rng(1).normal(level, 1.0, shape).clip(0, 255)
    border = np.repeat(border.astype("uint8"), 3, axis=-1)
    border[top : shape[0] - bottom, left : shape[1] - right] = pixels
    return border


def seen(colorizer, pixels, **options):
    return colorizer.replace(**options).preprocess(pixels).network_input


def test_a_negative_is_colored_as_its_positive(tiny_colorizer, picture):
    alpha = np.full((*picture.shape[:2], 1), 7, "uint8")
    for positive, negative in (
        (picture, 255 - picture),
        (np.uint16(257) * picture, 65535 - np.uint16(257) * picture),
        (picture / np.float64(255), 1 - picture / np.float64(255)),
    ):
        colored = tiny_colorizer.replace(negative=True)(negative)
        np.testing.assert_allclose(colored, tiny_colorizer(positive), atol=1e-5)
    with_alpha = np.concatenate([255 - picture, alpha], -1)
    np.testing.assert_array_equal(tiny_colorizer.replace(negative=True)(with_alpha)[..., 3:], alpha)


@pytest.mark.parametrize("scale, offset", [(0.4, 0), (0.3, 100), (0.5, 120)])
def test_the_network_sees_a_flat_scan_with_all_its_range(tiny_colorizer, scale, offset):
    flat = (scale * CAMERA + offset).astype("uint8")
    whole, plain = seen(tiny_colorizer, CAMERA), seen(tiny_colorizer, flat, levels=False)
    shown = seen(tiny_colorizer, flat)
    assert np.abs(shown - whole).mean() < 0.4 * np.abs(plain - whole).mean()
    # Its lightness stays in the result.
    lightness = rgb2lab(tiny_colorizer(flat))[..., 0]
    np.testing.assert_allclose(lightness, rgb2lab(flat)[..., 0], atol=1.0)


def test_ordinary_and_empty_pictures_are_seen_as_they_are(tiny_colorizer):
    for pixels in (CAMERA, skimage.data.astronaut(), np.full((40, 60, 3), 9, "uint8")):
        plain = to_working_size(lightness_of(pixels), tiny_colorizer.working_size)
        np.testing.assert_array_equal(seen(tiny_colorizer, pixels), plain)


@pytest.mark.parametrize("level", [4, 150, 250])
def test_a_border_is_left_out_and_stays_grey(tiny_colorizer, level):
    mount = framed(framed(CAMERA, 128 - level // 2, 3, 3, 3, 3), level, 9, 12, 7, 20)
    one = tiny_colorizer.preprocess(mount)
    assert one.box == (slice(12, 140), slice(10, 138))
    np.testing.assert_array_equal(one.network_input, seen(tiny_colorizer, CAMERA))
    colored = tiny_colorizer(mount)
    np.testing.assert_array_equal(colored[one.box], tiny_colorizer(CAMERA))
    assert np.ptp(colored[:10].astype(int), axis=-1).max() == 0


def test_what_only_looks_like_a_border_stays():
    for pixels in (
        CAMERA,
        skimage.data.coffee(),
        # Something round on white, a white sky above, and nothing at all.
        np.where(np.hypot(*np.mgrid[-50:50, -80:80])[..., None] < 35, 90, 250).astype("uint8"),
        framed(CAMERA, 250, 20, 0, 0, 0),
        np.full((30, 40, 1), 255, "uint8"),
    ):
        assert box_within_border(pixels) == EVERYTHING


def test_hints_lie_where_they_were_put_in_a_mount(tiny_colorizer):
    mount = framed(CAMERA, 250, 16, 16, 16, 16)
    ab, mask = np.zeros((*mount.shape[:2], 2)), np.zeros(mount.shape[:2], bool)
    ab[60:64, 90:94], mask[60:64, 90:94] = (40, 20), True
    colored = tiny_colorizer.replace(hints=(ab, mask))(mount)
    inside = tiny_colorizer.replace(hints=(ab[16:-16, 16:-16], mask[16:-16, 16:-16]))(CAMERA)
    np.testing.assert_array_equal(colored[16:-16, 16:-16], inside)


def test_a_squeezed_frame_is_seen_unsqueezed(tiny_colorizer):
    narrow = resize(CAMERA, (128, 64), preserve_range=True, anti_aliasing=True).astype("uint8")
    shown = seen(tiny_colorizer, narrow, squeeze=2.0)
    assert shown.shape == seen(tiny_colorizer, CAMERA).shape
    assert np.abs(shown - seen(tiny_colorizer, CAMERA)).mean() < 3.0
    assert tiny_colorizer.replace(squeeze=2.0)(narrow).shape == narrow.shape
