import io
import struct
from xml.etree import ElementTree

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageOps
from PIL.PngImagePlugin import PngInfo

from keras_colorize.io import read_photograph
from keras_colorize.io.metadata import (
    DamagedXMPError,
    mark_made_colors,
    upright_exif,
    without_orientation,
)

ORIENTATION, MAKE, EXIF_IFD, GPS_IFD = 274, 271, 34665, 34853


def exif_of(orientation):
    exif = Image.Exif()
    exif[ORIENTATION], exif[MAKE] = orientation, "Leica"
    exif.get_ifd(EXIF_IFD)[36867] = "1932:05:01 12:00:00"
    exif.get_ifd(GPS_IFD)[1] = "N"
    return exif


def encoded(image, form, **options):
    stream = io.BytesIO()
    image = Image.fromarray(image) if isinstance(image, np.ndarray) else image
    image.save(stream, form, **options)
    return stream.getvalue()


def parsed(block):
    exif = Image.Exif()
    exif.load(block)
    return exif


@pytest.mark.parametrize("form", ["PNG", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_pixels_stand_upright(orientation, form, colors):
    data = encoded(colors, form, exif=exif_of(orientation).tobytes())
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
def test_lossy_pictures_stand_upright(form, colors):
    photograph = read_photograph(encoded(colors, form, exif=exif_of(6), quality=95))
    assert np.abs(photograph.pixels - np.rot90(colors, -1).astype(int)).mean() < 8


@pytest.mark.parametrize("layout", [{}, {"planarconfig": "separate"}])
def test_16_bit_tiff_stands_upright(layout, deep):
    stream = io.BytesIO()
    stored = np.moveaxis(deep, -1, 0) if layout else deep
    tifffile.imwrite(stream, stored, photometric="rgb", extratags=[(274, 3, 1, 6)], **layout)
    photograph = read_photograph(stream.getvalue())
    np.testing.assert_array_equal(photograph.pixels, np.rot90(deep, -1))


def test_floating_point_tiff_stands_upright(colors):
    stream = io.BytesIO()
    values = colors.astype(np.float32) / 255
    tifffile.imwrite(stream, values, photometric="rgb", extratags=[(274, 3, 1, 3)])
    photograph = read_photograph(stream.getvalue())
    np.testing.assert_array_equal(photograph.pixels // 257, colors[::-1, ::-1])


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
def test_damaged_blocks_are_said_and_not_fatal(colors):
    exif = encoded(colors, "PNG", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f")
    xmp = encoded(colors, "WEBP", lossless=True, xmp=b"<x:Orientation")
    for data, name in ((exif, "EXIF block"), (xmp, "XMP packet")):
        photograph = read_photograph(data)
        np.testing.assert_array_equal(photograph.pixels, colors)
        assert (photograph.metadata.exif, photograph.metadata.xmp) == (None, None)
        assert f"{name} is damaged" in photograph.notes[0]


def test_text_and_resolution_of_a_png(colors):
    info = PngInfo()
    info.add_text("Author", "Zoë")
    info.add_itxt("Title", "Κήπος")
    data = encoded(colors, "PNG", pnginfo=info, dpi=(300, 150))
    metadata = read_photograph(data).metadata
    assert metadata.text == {"Author": "Zoë", "Title": "Κήπος"}
    assert metadata.dpi == pytest.approx((300, 150), abs=0.02)


@pytest.mark.parametrize("comment", ["Zoë".encode(), "Zoë".encode("latin-1")])
def test_the_comment_of_a_jpeg(comment, colors):
    data = encoded(colors, "JPEG", comment=comment)
    assert read_photograph(data).metadata.text == {"Comment": "Zoë"}


SOURCE_TYPE = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType"
# The term of the IPTC NewsCodes "Digital Source Type" for trained colors in a real picture.
MADE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"

PACKET = b"""<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Adobe XMP Core 5.6">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="uuid:1" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmp:Rating="4" tiff:Orientation="6">
   <dc:creator><rdf:Seq><rdf:li>Zo\xc3\xab</rdf:li></rdf:Seq></dc:creator>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""


def source_types(packet):
    root = ElementTree.fromstring(packet)
    elements = [element.text for element in root.iter(SOURCE_TYPE)]
    attributes = [element.get(SOURCE_TYPE) for element in root.iter() if element.get(SOURCE_TYPE)]
    return elements + attributes


def test_everything_but_the_mark_is_kept():
    packet = mark_made_colors(None)
    assert source_types(packet) == [MADE]
    assert packet.startswith(b"<?xpacket begin=") and packet.endswith(b'<?xpacket end="w"?>')
    packet = mark_made_colors(PACKET)
    assert b'xmp:Rating="4"' in packet
    root = ElementTree.fromstring(packet)
    assert [item.text for item in root.iter(RDF + "li")] == ["Zoë"]
    # All descriptions of a packet are about the same thing (ISO 16684-1, 7.4).
    abouts = {element.get(RDF + "about") for element in root.iter(RDF + "Description")}
    assert abouts == {"uuid:1"}
    assert packet.count(b"<?xpacket") == 2
    # Marking twice is marking once.
    assert source_types(mark_made_colors(packet)) == [MADE]
    assert len(mark_made_colors(packet)) == len(packet)


@pytest.mark.parametrize("form", ["attribute", "element"])
def test_an_older_source_type_is_replaced(form):
    name, old = "Iptc4xmpExt:DigitalSourceType", "http://cv.iptc.org/newscodes/x/negativeFilm"
    space = b'xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
    if form == "attribute":
        packet = PACKET.replace(b"xmp:Rating", space + f' {name}="{old}" xmp:Rating'.encode())
    else:
        element = f"<{name} {space.decode()}>{old}</{name}><dc:creator>".encode()
        packet = PACKET.replace(b"<dc:creator>", element)
    assert source_types(packet) == [old]
    assert source_types(mark_made_colors(packet)) == [MADE]


def test_orientation_is_taken_out(colors):
    packet = read_photograph(encoded(colors, "JPEG", xmp=PACKET)).metadata.xmp
    assert b"Orientation" not in packet
    assert b"Rating" in packet
    assert without_orientation(packet) is packet


@pytest.mark.parametrize(
    "packet, said",
    [
        (b"<x:xmpmeta", "XML that fails"),
        (b"\xff\xfe\0\0rubbish", "XML that fails"),
        (b"<a><b/></a>", "without rdf:RDF"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "document type"),
        ('<?xml version="1.0"?><!DOCTYPE a><a/>'.encode("utf-16"), "document type"),
    ],
)
def test_packets_that_are_refused(packet, said):
    with pytest.raises(DamagedXMPError, match=said):
        mark_made_colors(packet)
