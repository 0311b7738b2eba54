"""Encodes and reads what the tests of files need."""

import io
import struct
import zlib
from pathlib import Path
from xml.etree import ElementTree

import tifffile

SOURCE_TYPE = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType"
# The term of the IPTC NewsCodes "Digital Source Type" for trained colors in a real picture.
MADE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"


def _chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _interlaced(samples):
    passes = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2))
    for top, left, down, right in (*passes, (1, 0, 2, 1)):
        yield from samples[top::down, left::right]


def tiff(samples, **options):
    """Encodes samples by tifffile."""
    tifffile.imwrite(stream := io.BytesIO(), samples, **options)
    return stream.getvalue()


def camera_tags(exif):
    """What `camera_exif` says."""
    return exif[271], exif.get_ifd(34665)[36867], exif.get_ifd(34853)[1]


def is_marked(packet):
    """Whether the one source type in an XMP packet says that colors were made."""
    elements = ElementTree.fromstring(packet).iter()
    types = [one.text if one.tag == SOURCE_TYPE else one.get(SOURCE_TYPE) for one in elements]
    return [kind for kind in types if kind] == [MADE]


def png16(samples, *chunks, interlaced=False):
    """Encodes a 16-bit PNG by the letter of ISO/IEC 15948, without filters."""
    height, width, channels = samples.shape
    kind = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    header = struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, interlaced)
    lines = _interlaced(samples) if interlaced else samples
    raw = b"".join(b"\0" + line.astype(">u2").tobytes() for line in lines if line.size)
    body = [(b"IHDR", header), *chunks, (b"IDAT", zlib.compress(raw)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in body)


def icc(name):
    """Bytes of a profile of version 2 (ICC.1:2001-04).

    Levels of `grey` are light; `adobe` has the primaries of Adobe RGB (1998), adapted to D50, and
    its gamma of 563/256; yellow ink alone looks blue by `cmyk`, so nobody takes it for a formula.
    """
    return Path(__file__).with_name(f"{name}.icc").read_bytes()
