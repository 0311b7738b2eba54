import io
import zlib

import imagecodecs
import numpy as np
import pytest
from PIL import Image, ImageCms

from keras_colorize.io import PhotographError, read_photograph, write_photograph
from keras_colorize.io.photograph import srgb_profile
from ._files import icc, png16, tiff


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("photometric", ["minisblack", "miniswhite"])
def test_grey_tiff_of_16_bits_is_exact(order, photometric, deep):
    data = tiff(deep[..., 0], byteorder=order, photometric=photometric)
    grey = 65535 - deep[..., :1] if photometric == "miniswhite" else deep[..., :1]
    np.testing.assert_array_equal(read_photograph(data).pixels, np.repeat(grey, 3, axis=-1))


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("interlaced", [False, True])
def test_png_of_16_bits_is_exact(channels, interlaced, deep):
    samples = np.concatenate([deep, deep[::-1, :, :1]], axis=-1)[..., :channels]
    photograph = read_photograph(png16(samples, interlaced=interlaced))
    grey = channels < 3
    expected = np.repeat(samples[..., :1], 3, axis=-1) if grey else samples[..., :3]
    np.testing.assert_array_equal(photograph.pixels, expected)
    if channels in (2, 4):
        np.testing.assert_array_equal(photograph.alpha, samples[..., -1])
    else:
        assert photograph.alpha is None


def test_the_clear_color_of_a_16_bit_png(deep):
    key = deep[3, 4].astype(">u2").tobytes()
    photograph = read_photograph(png16(deep, (b"tRNS", key)))
    assert photograph.alpha[3, 4] == 0
    assert (photograph.alpha == 65535).sum() == deep[..., 0].size - 1


LAYOUTS = [
    {},
    {"byteorder": ">"},
    {"compression": "zlib"},
    {"compression": "zlib", "predictor": 2, "byteorder": ">"},
    {"compression": "zlib", "tile": (16, 16)},
    {"planarconfig": "separate"},
    {"rowsperstrip": 4},
]


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
@pytest.mark.parametrize("extra", [None, "unassalpha", "unspecified"])
def test_rgb_tiff_of_16_bits_is_exact(layout, extra, deep):
    samples = deep if extra is None else np.concatenate([deep, deep[::-1, :, :1]], axis=-1)
    stored = np.moveaxis(samples, -1, 0) if "planarconfig" in layout else samples
    extras = {} if extra is None else {"extrasamples": [extra]}
    photograph = read_photograph(tiff(stored, photometric="rgb", **layout, **extras))
    np.testing.assert_array_equal(photograph.pixels, deep)
    if extra == "unassalpha":
        np.testing.assert_array_equal(photograph.alpha, samples[..., 3])


def test_associated_alpha_of_16_bits_is_divided_out():
    stored = np.array([[[1000, 2000, 3000, 32768], [5, 6, 7, 0]]], np.uint16)
    photograph = read_photograph(tiff(stored, photometric="rgb", extrasamples=["assocalpha"]))
    assert photograph.alpha.tolist() == [[32768, 0]]
    assert photograph.pixels[0, 0].tolist() == [2000, 4000, 6000]


@pytest.mark.parametrize("compression", ["lzw", "zstd", "jpegxl", "packbits"])
def test_tiff_of_16_bits_compressed_without_loss(compression, deep):
    data = tiff(deep, photometric="rgb", compression=compression)
    np.testing.assert_array_equal(read_photograph(data).pixels, deep)


def test_all_bits_of_jpeg_2000_and_of_12_bits(deep):
    for form in ("jp2", "j2k"):
        data = imagecodecs.jpeg2k_encode(deep, level=0, reversible=True, codecformat=form)
        np.testing.assert_array_equal(read_photograph(data).pixels, deep)
    data = tiff(deep[..., 0] >> 4, bitspersample=12, compression="none")
    expected = np.rint((deep[..., 0] >> 4) / 4095 * 65535)
    np.testing.assert_array_equal(read_photograph(data).pixels[..., 0], expected)


def test_inks_of_16_bits():
    inks = np.zeros((3, 5, 4), np.uint16)
    inks[..., 1:3], inks[..., 3] = 65535, 13107
    photograph = read_photograph(tiff(inks, photometric="separated"))
    # Magenta and yellow leave red alone, and black takes a fifth of its light.
    assert photograph.pixels[0, 0].tolist() == [52428, 0, 0]
    assert "CMYK without a usable ICC profile" in photograph.notes[0]
    inks[:] = 0, 0, 65535, 0
    photograph = read_photograph(tiff(inks, photometric="separated", iccprofile=icc("cmyk")))
    assert np.abs(photograph.pixels / 257 - (0, 0, 255)).max() <= 6 and photograph.notes == ()


@pytest.mark.parametrize("top, white", [(1.0, 1), (200.0, 255), (60000.0, 65535)])
def test_floating_point_greys_say_what_white_they_took(top, white, encoded):
    values = np.linspace(0, top, 12, dtype=np.float32).reshape(3, 4)
    photograph = read_photograph(encoded(Image.fromarray(values), "TIFF"))
    np.testing.assert_allclose(photograph.pixels[..., 0] / 65535, values / white, atol=1e-5)
    assert f"and {white} white" in photograph.notes[0]


def test_values_of_32_bits():
    photograph = read_photograph(Image.fromarray(np.array([[-5.0, 0.0, 5.0]], np.float32)))
    assert photograph.pixels[0, :, 0].tolist() == [0, 32768, 65535]
    photograph = read_photograph(Image.fromarray(np.array([[0, 1, 40000, 65535]], np.int32)))
    assert photograph.pixels[0, :, 0].tolist() == [0, 1, 40000, 65535]
    assert photograph.notes == ()
    with pytest.raises(PhotographError, match="finite"):
        read_photograph(Image.fromarray(np.full((2, 2), np.nan, np.float32)))


def test_an_srgb_profile_changes_no_level(colors, deep, encoded):
    photograph = read_photograph(tiff(deep, photometric="rgb", iccprofile=srgb_profile()))
    np.testing.assert_array_equal(photograph.pixels, deep)
    photograph = read_photograph(encoded(colors, "PNG", icc_profile=srgb_profile()))
    np.testing.assert_array_equal(photograph.pixels, colors)
    assert photograph.metadata.icc


def adobe_to_srgb(rgb_uint8):
    # Adobe RGB (1998) Color Image Encoding, section 4.3.5.3, then IEC 61966-2-1; both at D65.
    adobe_to_xyz = [
        [0.57667, 0.18556, 0.18823],
        [0.29734, 0.62736, 0.07529],
        [0.02703, 0.07069, 0.99134],
    ]
    xyz_to_srgb = [[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]]
    light = (np.asarray(rgb_uint8) / 255) ** (563 / 256)
    light = np.array(xyz_to_srgb) @ np.array(adobe_to_xyz) @ light
    return 255 * (1.055 * light ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize("level", [(150, 150, 150), (120, 150, 170), (200, 160, 140)])
def test_adobe_rgb_becomes_srgb(level, encoded):
    expected = adobe_to_srgb(level)
    data = encoded(Image.new("RGB", (3, 2), level), "PNG", icc_profile=icc("adobe"))
    assert np.abs(read_photograph(data).pixels - expected).max() <= 1
    deep = np.full((2, 3, 3), level, np.uint16) * 257
    pixels = read_photograph(tiff(deep, photometric="rgb", iccprofile=icc("adobe"))).pixels
    assert np.abs(pixels / 257 - expected).max() <= 0.2


@pytest.mark.parametrize("bits", [8, 16])
def test_a_grey_profile_of_light(bits, encoded):
    # sRGB encodes a light of 0.2140 as one half (IEC 61966-2-1).
    levels = np.full((3, 4), {8: 55, 16: 14027}[bits], f"uint{bits}")
    pixels = read_photograph(encoded(levels, "PNG", icc_profile=icc("grey"))).pixels
    assert pixels.dtype == np.dtype(f"uint{bits}")
    assert np.abs(pixels / np.iinfo(pixels.dtype).max - 0.5).max() < 0.006


def test_a_grey_picture_with_a_profile_of_rgb(encoded):
    grey = Image.new("L", (4, 3), 55)
    photograph = read_photograph(encoded(grey, "JPEG", icc_profile=icc("adobe")))
    assert np.ptp(photograph.pixels) <= 1
    assert photograph.notes == ()


def test_a_broken_profile_or_of_another_space_is_said(colors, deep, encoded):
    chunk = (b"iCCP", b"sRGB\0\0" + zlib.compress(b"nothing" * 40))
    other = encoded(colors, "PNG", icc_profile=icc("cmyk"))
    for pixels, data, said in (
        (colors, encoded(colors, "PNG", icc_profile=b"none" * 20), "could not be used"),
        (deep, png16(deep, chunk), "could not be used"),
        (colors, other, "describes CMYK but the picture is RGB"),
    ):
        photograph = read_photograph(data)
        np.testing.assert_array_equal(photograph.pixels, pixels)
        assert f"ICC profile {said}" in photograph.notes[0]


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp", "avif"])
def test_an_srgb_profile_is_written_only_where_the_source_had_one(
    suffix, colors, tmp_path, encoded
):
    for profile in (icc("adobe"), None):
        source = read_photograph(encoded(colors, "PNG", icc_profile=profile))
        path = tmp_path / f"copy.{suffix}"
        write_photograph(path, source, overwrite=True)
        with Image.open(path) as image:
            written = image.info.get("icc_profile")
        assert bool(written) == bool(profile)
        if written:
            assert "sRGB" in ImageCms.getProfileDescription(io.BytesIO(written))
