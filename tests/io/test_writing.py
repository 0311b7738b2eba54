import io
import struct

import numpy as np
import pytest
import tifffile
from PIL import Image

from keras_colorize.io import Photograph, PhotographError, read_photograph, write_photograph
from keras_colorize.io.metadata import EXIF_HEADER
from keras_colorize.io.photograph import Metadata, srgb_profile
from ._files import camera_tags, is_marked

XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
    b'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
    b'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="4"/></rdf:RDF></x:xmpmeta>'
)


@pytest.fixture
def metadata(camera_exif):
    return Metadata(camera_exif.tobytes(), XMP, (300.0, 300.0), {"Comment": "Zoë"}, icc=True)


def xmp_in(path):
    if path.suffix == ".tif":
        with tifffile.TiffFile(path) as file:
            return file.pages[0].tags[700].value
    data = path.read_bytes()
    return data[data.index(b"<x:xmpmeta") : data.index(b"</x:xmpmeta>") + 12]


@pytest.mark.parametrize(
    "suffix", ["png", "PNG", "tif", "tiff", "bmp", "ppm", "jpg", "webp", "avif"]
)
def test_eight_bits_are_exact_or_close(suffix, colors, tmp_path):
    smooth = np.asarray(Image.fromarray(colors).resize((320, 480)))
    for name, pixels in (("large", smooth), ("one", np.full((1, 1, 3), 200, np.uint8))):
        path = tmp_path / f"{name}.{suffix}"
        write_photograph(path, Photograph(pixels))
        with Image.open(path) as image:
            error = np.abs(np.asarray(image.convert("RGB")).astype(int) - pixels).mean()
        assert error < 2 if suffix in ("jpg", "webp", "avif") else error == 0


def test_jpeg_keeps_color_at_full_resolution(colors, tmp_path, encoded):
    path = tmp_path / "a.jpg"
    write_photograph(path, Photograph(colors))
    with Image.open(path) as image:
        assert [layer[1:3] for layer in image.layer] == [(1, 1)] * 3
        coarse = encoded(Image.new("RGB", (8, 8)), "JPEG", quality=95)
        with Image.open(io.BytesIO(coarse)) as other:
            assert image.quantization == other.quantization


@pytest.mark.parametrize("suffix", ["png", "tif"])
@pytest.mark.parametrize("with_alpha", [False, True])
@pytest.mark.parametrize("height", [21, 300])
def test_16_bits_are_exact(suffix, with_alpha, height, tmp_path):
    # 300 rows are more than one band and several strips.
    deep = np.random.default_rng(2).integers(0, 65536, (height, 9, 4), dtype=np.uint16)
    photograph = Photograph(deep[..., :3].copy(), deep[..., 3].copy() if with_alpha else None)
    path = tmp_path / f"a.{suffix}"
    write_photograph(path, photograph)
    again = read_photograph(path)
    np.testing.assert_array_equal(again.pixels, photograph.pixels)
    if with_alpha:
        np.testing.assert_array_equal(again.alpha, photograph.alpha)
    with Image.open(path) as image:
        # Pillow takes the high byte of what it finds.
        expected = (deep if with_alpha else deep[..., :3]) >> 8
        np.testing.assert_array_equal(np.asarray(image), expected)


@pytest.mark.parametrize("suffix", ["jpg", "webp", "bmp", "ppm"])
def test_what_does_not_fit_is_rounded_or_left_out_and_said(suffix, metadata, tmp_path):
    alpha = np.zeros((8, 8), np.uint16)
    photograph = Photograph(np.full((8, 8, 3), 255, np.uint16), alpha, metadata)
    notes = " ".join(write_photograph(tmp_path / f"a.{suffix}", photograph))
    assert "16 were rounded" in notes
    again = read_photograph(tmp_path / f"a.{suffix}")
    # 255 of 65535 is 0.99 of 255: cutting would leave 0.
    assert (again.pixels == 1).all()
    assert ("holds no transparency" in notes) == (again.alpha is None) == (suffix != "webp")
    bare = suffix in ("bmp", "ppm")
    assert (
        ("does not say that it was colorized" in notes) == ("no EXIF and no XMP" in notes) == bare
    )


@pytest.mark.parametrize("suffix", ["webp", "avif"])
def test_alpha_is_kept(suffix, colors, tmp_path):
    alpha = np.repeat(np.arange(48, dtype=np.uint8)[:, None] * 5, 32, axis=1)
    assert write_photograph(tmp_path / f"a.{suffix}", Photograph(colors, alpha)) == ()
    # AVIF compresses its alpha like its colors.
    error = np.abs(read_photograph(tmp_path / f"a.{suffix}").alpha.astype(int) - alpha).max()
    assert error <= (1 if suffix == "avif" else 0)


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp", "avif"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_metadata_is_kept_however_often_it_is_written(
    suffix, dtype, colors, metadata, tmp_path, camera_exif
):
    path = tmp_path / f"a.{suffix}"
    write_photograph(path, Photograph(colors.astype(dtype), None, metadata))
    with Image.open(path) as image:
        assert camera_tags(image.getexif()) == camera_tags(camera_exif)
        assert image.info["icc_profile"] == srgb_profile()
        if suffix in ("jpg", "png", "tif"):
            assert image.info["dpi"] == pytest.approx((300, 300), abs=0.02)
    packet = xmp_in(path)
    assert is_marked(packet)
    assert b'xmp:Rating="4"' in packet
    first = read_photograph(path)
    write_photograph(path, first, overwrite=True)
    assert read_photograph(path).metadata == first.metadata
    assert is_marked(first.metadata.xmp)


def test_the_mark_can_be_left_out_and_replaces_a_damaged_packet(colors, tmp_path):
    write_photograph(tmp_path / "a.jpg", Photograph(colors), mark_colorized=False)
    assert read_photograph(tmp_path / "a.jpg").metadata.xmp is None
    path = tmp_path / "a.png"
    notes = write_photograph(path, Photograph(colors, None, Metadata(xmp=b"<a>")))
    assert "XMP packet is damaged and was replaced" in notes[0]
    assert is_marked(xmp_in(path))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_text_of_a_png(dtype, colors, tmp_path):
    text = {"Author": "Zoë", "Title": "Κήπος", "Κ": "no such keyword"}
    photograph = Photograph(colors.astype(dtype), None, Metadata(text=text))
    write_photograph(tmp_path / "a.png", photograph)
    kept = read_photograph(tmp_path / "a.png").metadata.text
    assert kept == {"Author": "Zoë", "Title": "Κήπος"}


def test_blocks_that_are_too_long_for_a_jpeg_and_its_text(colors, tmp_path):
    # An EXIF block of one long maker, and XMP with a long attribute.
    maker = struct.pack("<H HHII I", 1, 271, 2, 70000, 26, 0) + b"L" * 70000
    exif = EXIF_HEADER + b"II*\0" + struct.pack("<I", 8) + maker
    text = {"Comment": "Zoë", "Title": "Garden"}
    metadata = Metadata(exif, XMP.replace(b'"4"', b'"' + b"4" * 70000 + b'"'), text=text)
    notes = write_photograph(tmp_path / "a.jpg", Photograph(colors, None, metadata))
    assert [note.split(" is ")[0] for note in notes[:2]] == ["the EXIF block", "the XMP packet"]
    assert notes[2:] == ("JPEG does not hold the text Title: left out",)
    assert read_photograph(tmp_path / "a.jpg").metadata.text == {"Comment": "Zoë"}
    assert is_marked(xmp_in(tmp_path / "a.jpg"))


@pytest.mark.parametrize("name", ["a.pbm", "a.gif", "a.txt", "a"])
def test_formats_that_are_not_written(name, colors, tmp_path):
    with pytest.raises(PhotographError, match=r"expected one of .*\.jpg.*\.tif.*, received"):
        write_photograph(tmp_path / name, Photograph(colors))
    wide = Photograph(np.zeros((1, 16384, 3), np.uint8))
    with pytest.raises(PhotographError, match="at most 16383 pixels for WEBP, received 16384 x 1"):
        write_photograph(tmp_path / "a.webp", wide)
    assert list(tmp_path.iterdir()) == []
