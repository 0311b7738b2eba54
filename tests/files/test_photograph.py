import numpy as np
import pytest

from keras_colorize.files import Metadata, Photograph, to_pil, with_pixels
from keras_colorize.files.photograph import to_eight_bits


def test_every_level_survives_with_pixels():
    for dtype, levels in ((np.uint8, 256), (np.uint16, 65536)):
        pixels = np.repeat(np.arange(levels, dtype=dtype).reshape(16, -1, 1), 3, axis=-1)
        rgb = (pixels / (levels - 1)).astype(np.float32)
        again = with_pixels(Photograph(np.zeros_like(pixels)), rgb)
        np.testing.assert_array_equal(again.pixels, pixels)


def test_values_are_rounded_and_clipped():
    rgb = np.array([[[0.4999 / 255, 0.5001 / 255, 254.6 / 255], [-1.0, 2.0, 1.0]]])
    pixels = with_pixels(Photograph(np.zeros((1, 2, 3), np.uint8)), rgb).pixels
    assert pixels.tolist() == [[[0, 1, 255], [0, 255, 255]]]


def test_everything_but_the_pixels_is_kept():
    alpha = np.arange(6, dtype=np.uint8).reshape(2, 3)
    before = Photograph(
        np.zeros((2, 3, 3), np.uint8), alpha, Metadata(dpi=(300, 300)), "PNG", ("a",)
    )
    after = with_pixels(before, np.ones((2, 3, 3)))
    assert after.alpha is alpha
    assert (after.metadata, after.format, after.notes) == (before.metadata, "PNG", ("a",))


@pytest.mark.parametrize(
    "rgb, said",
    [(np.zeros((2, 2, 3)), "shape"), (np.full((1, 2, 3), np.nan), "finite")],
)
def test_pictures_that_cannot_be_put_in(rgb, said):
    with pytest.raises(ValueError, match=said):
        with_pixels(Photograph(np.zeros((1, 2, 3), np.uint8)), rgb)


@pytest.mark.parametrize(
    "pixels, alpha",
    [
        (np.zeros((2, 2), np.uint8), None),
        (np.zeros((2, 2, 3), np.float32), None),
        (np.zeros((2, 2, 3), np.uint8), np.zeros((2, 3), np.uint8)),
        (np.zeros((2, 2, 3), np.uint8), np.zeros((2, 2), np.uint16)),
    ],
)
def test_arrays_that_are_no_photograph(pixels, alpha):
    with pytest.raises(ValueError, match="Expected"):
        Photograph(pixels, alpha)


def test_rounding_to_eight_bits_takes_the_nearest_level():
    values = np.arange(65536, dtype=np.uint16)
    np.testing.assert_array_equal(to_eight_bits(values), np.rint(values / 257))


def test_to_pil_carries_alpha_and_metadata(colours):
    alpha = np.full(colours.shape[:2], 9, np.uint8)
    image = to_pil(Photograph(colours, alpha, Metadata(dpi=(72, 72), xmp=b"<x/>", icc=True)))
    assert image.mode == "RGBA"
    np.testing.assert_array_equal(np.asarray(image)[..., :3], colours)
    assert set(image.info) == {"dpi", "xmp", "icc_profile"}


def test_to_pil_of_16_bits(deep):
    image = to_pil(Photograph(deep))
    assert image.mode == "RGB"
    np.testing.assert_array_equal(np.asarray(image), np.rint(deep / 257))
