import numpy as np
import pytest

from keras_colorize.io import Metadata, Photograph, to_pil
from keras_colorize.io.photograph import to_eight_bits


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
