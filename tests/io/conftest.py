"""Pictures and profiles that the tests of files make themselves."""

import io
import struct
import zlib
from xml.etree import ElementTree

import numpy as np
import pytest
import tifffile
from PIL import Image
from skimage import data

SOURCE_TYPE = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType"
# The term of the IPTC NewsCodes "Digital Source Type" for trained colors in a real picture.
MADE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"


@pytest.fixture
def colors():
    """A small photograph with many colors, uint8, not square."""
    return np.ascontiguousarray(data.astronaut()[:240:5, :160:5])


@pytest.fixture
def deep():
    """Every second level of 16 bits somewhere, in three channels."""
    return np.random.default_rng(7).integers(0, 65536, (21, 34, 3), dtype=np.uint16)


@pytest.fixture
def encoded():
    """Encodes an array or a Pillow image by Pillow."""

    def encode(image, form, **options):
        stream = io.BytesIO()
        image = Image.fromarray(image) if isinstance(image, np.ndarray) else image
        image.save(stream, form, **options)
        return stream.getvalue()

    return encode


@pytest.fixture
def tiff():
    """Encodes samples by tifffile."""

    def encode(samples, **options):
        tifffile.imwrite(stream := io.BytesIO(), samples, **options)
        return stream.getvalue()

    return encode


@pytest.fixture
def camera_exif():
    """EXIF of a camera, with a directory of its own and one of a place."""
    exif = Image.Exif()
    exif[271] = "Leica"
    exif.get_ifd(34665)[36867] = "1932:05:01 12:00:00"
    exif.get_ifd(34853)[1] = "N"
    return exif


@pytest.fixture
def camera_tags():
    """Reads what `camera_exif` says."""
    return lambda exif: (exif[271], exif.get_ifd(34665)[36867], exif.get_ifd(34853)[1])


@pytest.fixture
def is_marked():
    """Whether the one source type in an XMP packet says that colors were made."""

    def check(packet):
        elements = ElementTree.fromstring(packet).iter()
        types = [one.text if one.tag == SOURCE_TYPE else one.get(SOURCE_TYPE) for one in elements]
        return [kind for kind in types if kind] == [MADE]

    return check


def _chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _interlaced(samples):
    passes = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2))
    for top, left, down, right in (*passes, (1, 0, 2, 1)):
        yield from samples[top::down, left::right]


@pytest.fixture
def png16():
    """Encodes a 16-bit PNG by the letter of ISO/IEC 15948, without filters."""

    def encode(samples, *chunks, interlaced=False):
        height, width, channels = samples.shape
        kind = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
        header = struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, interlaced)
        lines = _interlaced(samples) if interlaced else samples
        raw = b"".join(b"\0" + line.astype(">u2").tobytes() for line in lines if line.size)
        body = [(b"IHDR", header), *chunks, (b"IDAT", zlib.compress(raw)), (b"IEND", b"")]
        return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in body)

    return encode


@pytest.fixture
def icc_profile():
    """Builds a version 2 profile from its tags (ICC.1:2001-04)."""

    def build(space, tags, device=b"mntr", pcs=b"XYZ "):
        white = b"XYZ \0\0\0\0" + struct.pack(">3i", 63190, 65536, 54061)
        text = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"test\0" + b"\0" * 78
        everything = {b"desc": text, b"wtpt": white, b"cprt": b"text\0\0\0\0none\0", **tags}
        offset, table, body = 132 + 12 * len(everything), b"", b""
        for name, value in everything.items():
            table += name + struct.pack(">II", offset + len(body), len(value))
            body += value + b"\0" * (-len(value) % 4)
        header = bytearray(128)
        header[8:12] = b"\x02\x40\0\0"
        header[12:24] = device + space + pcs
        header[36:40] = b"acsp"
        header[68:80] = white[8:]
        struct.pack_into(">I", header, 0, offset + len(body))
        return bytes(header) + struct.pack(">I", len(everything)) + table + body

    return build


def _gamma(value):
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(value * 256)) + b"\0\0"


@pytest.fixture
def grey_profile(icc_profile):
    """A grey profile whose tone curve is a straight line: levels are light."""
    return icc_profile(b"GRAY", {b"kTRC": _gamma(1.0)})


@pytest.fixture
def adobe_profile(icc_profile):
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
    curves = {name: _gamma(563 / 256) for name in (b"rTRC", b"gTRC", b"bTRC")}
    return icc_profile(b"RGB ", tags | curves)


@pytest.fixture
def cmyk_profile(icc_profile):
    """A printer whose yellow ink alone looks blue, so that nobody confuses it with a formula."""
    paper, blue, black = (255, 128, 128), (75, 196, 16), (0, 128, 128)
    corners = [black if index & 1 else paper for index in range(16)]
    corners[0b0010] = blue
    linear = bytes(range(256))
    lut = b"mft1\0\0\0\0" + bytes((4, 3, 2, 0))
    lut += struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    lut += linear * 4 + bytes(np.array(corners, np.uint8).tobytes()) + linear * 3
    return icc_profile(b"CMYK", {b"A2B0": lut, b"A2B1": lut}, b"prtr", b"Lab ")
