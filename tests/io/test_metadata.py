import struct
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image, ImageOps, IptcImagePlugin
from PIL.PngImagePlugin import PngInfo

from keras_colorize.io import Metadata, read_photograph, write_photograph
from keras_colorize.io.metadata import DamagedXMPError, mark_made_colors, upright_exif
from ._files import camera_tags, is_marked, tiff

ORIENTATION = 274
FORMS = [*(("PNG", orientation) for orientation in range(1, 9)), ("TIFF", 5), ("JPEG", 6)]


@pytest.mark.parametrize("form, orientation", [*FORMS, ("WEBP", 7), ("AVIF", 8)])
def test_pixels_stand_upright(form, orientation, colors, camera_exif, encoded):
    camera_exif[ORIENTATION] = orientation
    photograph = read_photograph(encoded(colors, form, exif=camera_exif.tobytes(), quality=95))
    image = Image.fromarray(colors)
    image.getexif()[ORIENTATION] = orientation
    error = np.abs(np.asarray(ImageOps.exif_transpose(image)) - photograph.pixels.astype(int))
    assert error.max() == 0 if form in ("PNG", "TIFF") else error.mean() < 8
    exif = Image.Exif()
    exif.load(photograph.metadata.exif)
    assert exif.get(ORIENTATION, 1) == 1
    assert camera_tags(exif) == camera_tags(camera_exif)


@pytest.mark.parametrize("layout", [{}, {"planarconfig": "separate"}])
def test_16_bit_tiff_stands_upright(layout, deep):
    stored = np.moveaxis(deep, -1, 0) if layout else deep
    data = tiff(stored, photometric="rgb", extratags=[(ORIENTATION, 3, 1, 6)], **layout)
    np.testing.assert_array_equal(read_photograph(data).pixels, np.rot90(deep, -1))


def test_floating_point_tiff_is_exact_and_stands_upright(colors):
    values = colors.astype(np.float32) / 255
    data = tiff(values, photometric="rgb", extratags=[(ORIENTATION, 3, 1, 3)])
    expected = colors[::-1, ::-1].astype(np.uint16) * 257
    np.testing.assert_array_equal(read_photograph(data).pixels, expected)


def test_only_orientation_and_thumbnail_change_in_an_exif_block():
    # Two directories by hand: the second one, the thumbnail, begins at byte 26.
    first = struct.pack("<H HHIHH I", 1, ORIENTATION, 3, 1, 6, 0, 26)
    block = b"II*\0" + struct.pack("<I", 8) + first + b"\0\0" + b"maker note"
    changed = upright_exif(b"Exif\0\0" + block)
    assert changed[:6] == b"Exif\0\0"
    different = [i for i, (a, b) in enumerate(zip(block, changed[6:], strict=True)) if a != b]
    assert different == [18, 22]
    assert changed[6 + 18] == 1


def test_width_and_height_of_an_exif_block_are_those_of_the_upright_picture(encoded, tmp_path):
    exif = Image.Exif()
    exif.update({256: 40, 257: 30, ORIENTATION: 6})
    exif.get_ifd(34665).update({40962: 40, 40963: 30})
    xmp = PACKET.replace(b"xmp:Rating", b'tiff:ImageWidth="40" xmp:Rating')
    data = encoded(Image.new("L", (40, 30)), "JPEG", exif=exif, xmp=xmp)
    for name in ("a.jpg", "a.png", "a.tif"):
        write_photograph(tmp_path / name, read_photograph(data))
        with Image.open(tmp_path / name) as image:
            assert image.size == (30, 40)
            found, details = image.getexif(), image.getexif().get_ifd(34665)
            assert (found[256], found[257], details[40962], details[40963]) == (30, 40, 30, 40)
        assert b"tiff:ImageWidth" not in read_photograph(tmp_path / name).metadata.xmp


# IPTC-NAA IIM 4.2, chapter 3: mark, record, number and length of each field, in UTF-8 (1:90).
IPTC = b"\x1c\x01\x5a\0\3\x1b%G\x1c\x02\x78\0\4Zo\xc3\xab"


def test_captions_of_iptc_are_kept_or_said(colors, encoded, tmp_path):
    # As ImageMagick writes a PNG: among image resources of Photoshop, in hexadecimal digits.
    block = b"8BIM\4\x04\0\0\0\0\0\x11" + IPTC + b"\0"
    info = PngInfo()
    info.add_text("Raw profile type iptc", f"\niptc\n      30\n{block.hex()}\n", zip=True)
    words = np.frombuffer(IPTC + b"\0\0\0", ">u4")
    tags = [(33723, 1, len(IPTC), IPTC)], [(33723, 4, len(words), words.tolist())]
    files = [tiff(colors, extratags=tags[0]), encoded(colors, "PNG", pnginfo=info)]
    files += [tiff(colors, extratags=tags[1], byteorder=order) for order in "<>"]
    for data in files:
        photograph = read_photograph(data)
        assert (photograph.metadata.iptc.rstrip(b"\0"), photograph.notes) == (IPTC, ())
        for name in ("a.jpg", "a.tif", "a.png", "16.png"):
            pixels = colors.astype(np.uint16 if name == "16.png" else np.uint8)
            write_photograph(tmp_path / name, replace(photograph, pixels=pixels), overwrite=True)
            assert read_photograph(tmp_path / name).metadata.iptc == photograph.metadata.iptc
        for name in ("a.jpg", "a.tif"):
            with Image.open(tmp_path / name) as image:
                assert IptcImagePlugin.getiptcinfo(image)[2, 120].decode() == "Zoë"
    for name in ("a.webp", "a.avif", "a.bmp"):
        assert "captions of IPTC are more than" in write_photograph(tmp_path / name, photograph)[0]
    long = replace(photograph, metadata=Metadata(iptc=IPTC + bytes(66_000)))
    assert "captions of IPTC are more than JPEG" in write_photograph(tmp_path / "b.jpg", long)[0]


def test_blocks_in_the_text_of_a_png_that_are_not_kept_are_said(colors, encoded):
    info = PngInfo()
    info.add_text("Raw profile type iptc", "\niptc\n 4\nxy\n")
    info.add_text("Raw profile type icm", "\nicm\n 1\n00\n")
    photograph = read_photograph(encoded(colors, "PNG", pnginfo=info))
    assert photograph.metadata.text == {}
    assert "icm" in photograph.notes[0] and "IPTC are damaged" in photograph.notes[1]


@pytest.mark.filterwarnings("ignore")
def test_damaged_blocks_are_said_and_not_fatal(colors, encoded):
    for block in (b"", b"rubbish of ten", b"II*\0\xff\xff\xff\x7f", b"MM\0*"):
        with pytest.raises((ValueError, struct.error)):
            upright_exif(block)
    exif = encoded(colors, "PNG", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f")
    xmp = encoded(colors, "WEBP", lossless=True, xmp=b"<x:Orientation")
    for data, name in ((exif, "EXIF block"), (xmp, "XMP packet")):
        photograph = read_photograph(data)
        np.testing.assert_array_equal(photograph.pixels, colors)
        assert (photograph.metadata.exif, photograph.metadata.xmp) == (None, None)
        assert f"{name} is damaged" in photograph.notes[0]


def test_text_and_resolution_of_a_png_and_the_comment_of_a_jpeg(colors, encoded):
    info = PngInfo()
    info.add_text("Author", "Zoë")
    info.add_itxt("Title", "Κήπος")
    data = encoded(colors, "PNG", pnginfo=info, dpi=(300, 150))
    metadata = read_photograph(data).metadata
    assert metadata.text == {"Author": "Zoë", "Title": "Κήπος"}
    assert metadata.dpi == pytest.approx((300, 150), abs=0.02)
    for coding in ("utf-8", "latin-1"):
        data = encoded(colors, "JPEG", comment="Zoë".encode(coding))
        assert read_photograph(data).metadata.text == {"Comment": "Zoë"}


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


def test_everything_but_the_mark_is_kept():
    packet = mark_made_colors(None)
    assert is_marked(packet)
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
    assert is_marked(mark_made_colors(packet))
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
    assert is_marked(mark_made_colors(packet))


def test_what_made_the_colors_is_said_once():
    packet = PACKET
    for version in ("1 < 2", "2"):
        how = {"Iptc4xmpExt:AISystemVersionUsed": version, "colorize:Preset": "vivid@2"}
        packet = mark_made_colors(packet, how)
        assert is_marked(packet)
        root = ElementTree.fromstring(packet)
        space = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}"
        assert [one.text for one in root.iter(f"{space}AISystemVersionUsed")] == [version]
        preset = root.iter("{urn:keras-colorize:xmp:1.0#}Preset")
        assert [one.text for one in preset] == ["vivid@2"]


def test_orientation_is_taken_out(colors, encoded):
    packet = read_photograph(encoded(colors, "JPEG", xmp=PACKET)).metadata.xmp
    assert b"Orientation" not in packet
    assert b"Rating" in packet


def test_packets_that_are_refused():
    for packet, said in {
        b"<x:xmpmeta": "XML that fails",
        b"\xff\xfe\0\0rubbish": "XML that fails",
        b"<a><b/></a>": "without rdf:RDF",
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>': "document type",
        '<?xml version="1.0"?><!DOCTYPE a><a/>'.encode("utf-16"): "document type",
    }.items():
        with pytest.raises(DamagedXMPError, match=said):
            mark_made_colors(packet)
