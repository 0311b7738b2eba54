import io
import struct

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageOps
from PIL.PngImagePlugin import PngInfo

from keras_colorize.io import read_photograph
from keras_colorize.io.metadata import upright_exif

ORIENTATION, MAKE, EXIF_IFD, GPS_IFD = 274, 271, 34665, 34853
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
    b'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
    b'xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6" tiff:Make="Leica"/>'
    b"</rdf:RDF></x:xmpmeta>"
)


def exif_of(orientation):
    exif = Image.Exif()
    exif[ORIENTATION], exif[MAKE] = orientation, "Leica"
    exif.get_ifd(EXIF_IFD)[36867] = "1932:05:01 12:00:00"
    exif.get_ifd(GPS_IFD)[1] = "N"
    return exif


def encoded(image, form, **options):
    stream = io.BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


def parsed(block):
    exif = Image.Exif()
    exif.load(block)
    return exif


@pytest.mark.parametrize("form", ["PNG", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_pixels_stand_upright(orientation, form, colours):
    data = encoded(Image.fromarray(colours), form, exif=exif_of(orientation).tobytes())
    photograph = read_photograph(data)
    with Image.open(io.BytesIO(data)) as image:
        upright = np.asarray(ImageOps.exif_transpose(image))
    np.testing.assert_array_equal(photograph.pixels, upright)
    exif = parsed(photograph.metadata.exif)
    assert exif.get(ORIENTATION, 1) == 1
    assert exif[MAKE] == "Leica"
    assert exif.get_ifd(EXIF_IFD)[36867] == "1932:05:01 12:00:00"
    assert exif.get_ifd(GPS_IFD)[1] == "N"


@pytest.mark.parametrize("form", ["JPEG", "WEBP", "AVIF"])
def test_lossy_pictures_stand_upright(form, colours):
    upright = np.rot90(colours, -1).astype(int)
    data = encoded(Image.fromarray(colours), form, exif=exif_of(6), quality=95)
    photograph = read_photograph(data)
    assert photograph.pixels.shape == upright.shape
    assert np.abs(photograph.pixels - upright).mean() < 8


def test_alpha_turns_with_the_pixels(colours):
    image = Image.fromarray(colours)
    image.putalpha(Image.fromarray(colours[..., 0]))
    photograph = read_photograph(encoded(image, "PNG", exif=exif_of(8)))
    np.testing.assert_array_equal(photograph.alpha, photograph.pixels[..., 0])


@pytest.mark.parametrize("layout", [{}, {"planarconfig": "separate"}])
def test_16_bit_tiff_stands_upright(layout, deep):
    stream = io.BytesIO()
    stored = np.moveaxis(deep, -1, 0) if layout else deep
    tifffile.imwrite(stream, stored, photometric="rgb", extratags=[(274, 3, 1, 6)], **layout)
    photograph = read_photograph(stream.getvalue())
    np.testing.assert_array_equal(photograph.pixels, np.rot90(deep, -1))


def test_floating_point_tiff_stands_upright(colours):
    stream = io.BytesIO()
    values = colours.astype(np.float32) / 255
    tifffile.imwrite(stream, values, photometric="rgb", extratags=[(274, 3, 1, 3)])
    photograph = read_photograph(stream.getvalue())
    np.testing.assert_array_equal(photograph.pixels // 257, colours[::-1, ::-1])


def test_orientation_leaves_the_xmp_too(colours):
    photograph = read_photograph(encoded(Image.fromarray(colours), "JPEG", xmp=XMP))
    assert b"Orientation" not in photograph.metadata.xmp
    assert b'tiff:Make="Leica"' in photograph.metadata.xmp


def test_only_orientation_and_thumbnail_change_in_an_exif_block():
    # Two directories by hand: the second one, the thumbnail, begins at byte 26.
    first = struct.pack("<H HHIHH I", 1, ORIENTATION, 3, 1, 6, 0, 26)
    block = b"II*\0" + struct.pack("<I", 8) + first + b"\0\0" + b"maker note"
    changed = upright_exif(b"Exif\0\0" + block)
    assert changed[:6] == b"Exif\0\0"
    different = [i for i, (a, b) in enumerate(zip(block, changed[6:], strict=True)) if a != b]
    assert different == [18, 22]
    assert changed[6 + 18] == 1


@pytest.mark.parametrize("block", [b"", b"rubbish of ten", b"II*\0\xff\xff\xff\x7f", b"MM\0*"])
def test_damaged_exif_blocks(block):
    with pytest.raises((ValueError, struct.error)):
        upright_exif(block)


@pytest.mark.filterwarnings("ignore")
def test_a_damaged_exif_block_is_said_and_not_fatal(colours):
    data = encoded(Image.fromarray(colours), "PNG", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f")
    photograph = read_photograph(data)
    np.testing.assert_array_equal(photograph.pixels, colours)
    assert photograph.metadata.exif is None
    assert "EXIF block is damaged" in photograph.notes[0]


def test_a_damaged_xmp_packet_is_said_and_not_fatal(colours):
    data = encoded(Image.fromarray(colours), "JPEG", xmp=b"<x:Orientation")
    photograph = read_photograph(data)
    assert photograph.metadata.xmp is None
    assert "XMP packet is damaged" in photograph.notes[0]


def test_text_and_resolution_of_a_png(colours):
    info = PngInfo()
    info.add_text("Author", "Zoë")
    info.add_itxt("Title", "Κήπος")
    data = encoded(Image.fromarray(colours), "PNG", pnginfo=info, dpi=(300, 150))
    metadata = read_photograph(data).metadata
    assert metadata.text == {"Author": "Zoë", "Title": "Κήπος"}
    assert metadata.dpi == pytest.approx((300, 150), abs=0.02)


@pytest.mark.parametrize("comment", ["Zoë".encode(), "Zoë".encode("latin-1")])
def test_the_comment_of_a_jpeg(comment, colours):
    data = encoded(Image.fromarray(colours), "JPEG", comment=comment)
    assert read_photograph(data).metadata.text == {"Comment": "Zoë"}
