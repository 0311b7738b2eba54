"""Pictures and profiles that several tests of files read."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

# Profiles of version 2 (ICC.1:2001-04) of the numbers below.
HERE = Path(__file__).parent


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


@pytest.fixture
def grey_profile():
    """A grey profile whose tone curve is a straight line: levels are light."""
    return (HERE / "grey.icc").read_bytes()


@pytest.fixture
def adobe_profile():
    """The color space Adobe RGB (1998): its primaries adapted to D50 and its gamma of 563/256."""
    return (HERE / "adobe.icc").read_bytes()


@pytest.fixture
def cmyk_profile():
    """A printer whose yellow ink alone looks blue, so that nobody confuses it with a formula."""
    return (HERE / "cmyk.icc").read_bytes()
