"""Pictures that several tests of files read."""

import numpy as np
import pytest
from PIL import Image
from skimage import data


@pytest.fixture
def colors():
    """A small photograph with many colors, uint8, not square."""
    return np.ascontiguousarray(data.astronaut()[:240:5, :160:5])


@pytest.fixture
def deep():
    """Every second level of 16 bits somewhere, in three channels."""
    return np.random.default_rng(7).integers(0, 65536, (21, 34, 3), dtype=np.uint16)


@pytest.fixture
def camera_exif():
    """EXIF of a camera, with a directory of its own and one of a place."""
    exif = Image.Exif()
    exif[271] = "Leica"
    exif.get_ifd(34665)[36867] = "1932:05:01 12:00:00"
    exif.get_ifd(34853)[1] = "N"
    return exif
