import io

import numpy as np
import pytest
from PIL import Image

from keras_colorize.io import Photograph, jpeg_bytes, small_pixels


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((50, 100), (10, 20)), ((100, 50), (20, 10)), ((1, 400), (1, 20)), ((7, 9), (7, 9))],
)
def test_the_long_side_fits(shape, expected):
    small = small_pixels(Photograph(np.full((*shape, 3), 200, np.uint8)), 20)
    assert small.shape == (*expected, 3)
    assert (small == 200).all()


def test_sixteen_bits_become_eight():
    small = small_pixels(Photograph(np.full((4, 4, 3), 65535, np.uint16)), 20)
    assert small.dtype == np.uint8
    assert (small == 255).all()


def test_jpeg_keeps_the_colors_of_single_pixels():
    pixels = np.zeros((16, 16, 3), np.uint8)
    pixels[::2, ::2] = (200, 40, 40)
    with Image.open(io.BytesIO(jpeg_bytes(pixels, 95))) as image:
        assert image.format == "JPEG"
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        decoded = np.asarray(image, np.float32)
    # Subsampled chroma would spread the red over its neighbours.
    assert np.abs(decoded - pixels).max() < 30
