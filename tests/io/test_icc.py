import io
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from keras_colorize.io import icc, read_photograph, write_photograph
from keras_colorize.io.icc_curves import to_srgb_uint16


def with_profile(image, profile, form="PNG"):
    stream = io.BytesIO()
    image.save(stream, form, icc_profile=profile)
    return stream.getvalue()


def test_an_srgb_profile_changes_no_level(colours):
    photograph = read_photograph(with_profile(Image.fromarray(colours), icc.srgb_profile()))
    np.testing.assert_array_equal(photograph.pixels, colours)
    assert photograph.metadata.icc


def adobe_to_srgb(rgb_uint8):
    # Adobe RGB (1998) Color Image Encoding, section 4.3.5.3, then IEC 61966-2-1; both at D65.
    adobe_to_xyz = [
        [0.57667, 0.18556, 0.18823],
        [0.29734, 0.62736, 0.07529],
        [0.02703, 0.07069, 0.99134],
    ]
    xyz_to_srgb = [
        [3.2406, -1.5372, -0.4986],
        [-0.9689, 1.8758, 0.0415],
        [0.0557, -0.2040, 1.0570],
    ]
    light = (np.asarray(rgb_uint8) / 255) ** (563 / 256)
    light = np.array(xyz_to_srgb) @ np.array(adobe_to_xyz) @ light
    return 255 * (1.055 * light ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize("level", [(150, 150, 150), (120, 150, 170), (200, 160, 140)])
def test_adobe_rgb_becomes_srgb(level, adobe_profile):
    image = Image.new("RGB", (3, 2), level)
    expected = adobe_to_srgb(level)
    pixels = read_photograph(with_profile(image, adobe_profile)).pixels
    assert np.abs(pixels - expected).max() <= 1
    deep = np.full((2, 3, 3), level, np.uint16) * 257
    assert np.abs(to_srgb_uint16(deep, adobe_profile) / 257 - expected).max() <= 0.2


def test_16_bits_agree_with_the_colour_management_of_8(adobe_profile, png16):
    levels = np.random.default_rng(5).integers(40, 216, (20, 30, 3), dtype=np.uint8)
    shallow = read_photograph(with_profile(Image.fromarray(levels), adobe_profile)).pixels
    deep = to_srgb_uint16(levels.astype(np.uint16) * 257, adobe_profile)
    assert np.abs(deep / 257 - shallow).max() <= 1.0
    assert len(np.unique(deep)) > len(np.unique(shallow))


def test_16_bit_srgb_is_left_exact(deep):
    np.testing.assert_array_equal(to_srgb_uint16(deep, icc.srgb_profile()), deep)


@pytest.mark.parametrize("bits", [8, 16])
def test_a_grey_profile_of_light(bits, grey_profile, png16):
    # sRGB encodes a light of 0.2140 as one half (IEC 61966-2-1).
    if bits == 8:
        data = with_profile(Image.new("L", (4, 3), 55), grey_profile)
    else:
        image = Image.fromarray(np.full((3, 4), 14027, np.uint16))
        data = with_profile(image, grey_profile)
    pixels = read_photograph(data).pixels
    assert pixels.dtype == np.dtype(f"uint{bits}")
    assert np.abs(pixels / np.iinfo(pixels.dtype).max - 0.5).max() < 0.006


def test_a_grey_picture_with_a_profile_of_rgb(adobe_profile):
    photograph = read_photograph(with_profile(Image.new("L", (4, 3), 55), adobe_profile, "JPEG"))
    assert np.ptp(photograph.pixels) <= 1
    assert photograph.notes == ()


def test_a_broken_profile_is_said_and_not_fatal(colours):
    photograph = read_photograph(with_profile(Image.fromarray(colours), b"no profile at all" * 20))
    np.testing.assert_array_equal(photograph.pixels, colours)
    assert "ICC profile could not be used" in photograph.notes[0]


def test_a_broken_profile_of_16_bits(deep, png16):
    data = b"sRGB\0\0" + zlib.compress(b"nothing" * 40)
    photograph = read_photograph(png16(deep, (b"iCCP", data)))
    np.testing.assert_array_equal(photograph.pixels, deep)
    assert "ICC profile could not be used" in photograph.notes[0]


def test_a_profile_of_another_space_is_ignored(colours, cmyk_profile):
    photograph = read_photograph(with_profile(Image.fromarray(colours), cmyk_profile))
    np.testing.assert_array_equal(photograph.pixels, colours)
    assert "describes CMYK but the picture is RGB" in photograph.notes[0]


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp", "avif"])
def test_an_srgb_profile_is_written_only_where_the_source_had_one(
    suffix, colours, adobe_profile, tmp_path
):
    for profile in (adobe_profile, None):
        source = read_photograph(with_profile(Image.fromarray(colours), profile))
        path = tmp_path / f"copy.{suffix}"
        write_photograph(path, source, overwrite=True)
        with Image.open(path) as image:
            written = image.info.get("icc_profile")
        assert bool(written) == bool(profile)
        if written:
            opened = ImageCms.ImageCmsProfile(io.BytesIO(written))
            assert "sRGB" in ImageCms.getProfileDescription(opened)
