"""Pictures and profiles that several tests of files read."""

import struct

import numpy as np
import pytest
from PIL import Image
from skimage import data

from ._files import gamma, icc_profile


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
    return icc_profile(b"GRAY", {b"kTRC": gamma(1.0)})


@pytest.fixture
def adobe_profile():
    """The color space Adobe RGB (1998): its primaries adapted to D50 and its gamma of 563/256."""
    columns = {
        b"rXYZ": (0.60974, 0.31111, 0.01947),
        b"gXYZ": (0.20528, 0.62567, 0.06087),
        b"bXYZ": (0.14919, 0.06322, 0.74457),
    }
    tags = {
        name: b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(v * 65536) for v in column))
        for name, column in columns.items()
    }
    curves = {name: gamma(563 / 256) for name in (b"rTRC", b"gTRC", b"bTRC")}
    return icc_profile(b"RGB ", tags | curves)


@pytest.fixture
def cmyk_profile():
    """A printer whose yellow ink alone looks blue, so that nobody confuses it with a formula."""
    paper, blue, black = (255, 128, 128), (75, 196, 16), (0, 128, 128)
    corners = [black if index & 1 else paper for index in range(16)]
    corners[0b0010] = blue
    linear = bytes(range(256))
    lut = b"mft1\0\0\0\0" + bytes((4, 3, 2, 0))
    lut += struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    lut += linear * 4 + bytes(np.array(corners, np.uint8).tobytes()) + linear * 3
    return icc_profile(b"CMYK", {b"A2B0": lut, b"A2B1": lut}, b"prtr", b"Lab ")
