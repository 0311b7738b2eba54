import io

import numpy as np
import pytest
import tifffile
from PIL import Image

from keras_colorize.io import PhotographError, read_photograph


def encoded(image, form, **options):
    stream = io.BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


def tiff(samples, **options):
    stream = io.BytesIO()
    tifffile.imwrite(stream, samples, **options)
    return stream.getvalue()


@pytest.mark.parametrize("order", ["<", ">"])
def test_grey_tiff_of_16_bits_is_exact(order, deep):
    photograph = read_photograph(tiff(deep[..., 0], byteorder=order))
    assert photograph.pixels.dtype == np.uint16
    np.testing.assert_array_equal(photograph.pixels, np.repeat(deep[..., :1], 3, axis=-1))


def test_white_is_zero_in_some_16_bit_scans(deep):
    photograph = read_photograph(tiff(deep[..., 0], photometric="miniswhite"))
    np.testing.assert_array_equal(photograph.pixels[..., 1], 65535 - deep[..., 0])


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("interlaced", [False, True])
def test_png_of_16_bits_is_exact(channels, interlaced, deep, png16):
    samples = np.concatenate([deep, deep[::-1, :, :1]], axis=-1)[..., :channels]
    photograph = read_photograph(png16(samples, interlaced=interlaced))
    grey = channels < 3
    expected = np.repeat(samples[..., :1], 3, axis=-1) if grey else samples[..., :3]
    np.testing.assert_array_equal(photograph.pixels, expected)
    if channels in (2, 4):
        np.testing.assert_array_equal(photograph.alpha, samples[..., -1])
    else:
        assert photograph.alpha is None


def test_the_clear_colour_of_a_16_bit_png(deep, png16):
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
def test_rgb_tiff_of_16_bits_is_exact(layout, extra, deep, tmp_path):
    samples = deep if extra is None else np.concatenate([deep, deep[::-1, :, :1]], axis=-1)
    stored = np.moveaxis(samples, -1, 0) if "planarconfig" in layout else samples
    extras = {} if extra is None else {"extrasamples": [extra]}
    path = tmp_path / "deep.tif"
    tifffile.imwrite(path, stored, photometric="rgb", **layout, **extras)
    photograph = read_photograph(path)
    np.testing.assert_array_equal(photograph.pixels, deep)
    if extra == "unassalpha":
        np.testing.assert_array_equal(photograph.alpha, samples[..., 3])


def test_associated_alpha_of_16_bits_is_divided_out():
    stored = np.array([[[1000, 2000, 3000, 32768], [5, 6, 7, 0]]], np.uint16)
    photograph = read_photograph(tiff(stored, photometric="rgb", extrasamples=["assocalpha"]))
    assert photograph.alpha.tolist() == [[32768, 0]]
    assert photograph.pixels[0, 0].tolist() == [2000, 4000, 6000]


def test_lzw_tiff_of_16_bits_needs_no_further_library(deep):
    # Pillow writes no 16-bit RGB, but three grey samples side by side are packed the same.
    image = Image.fromarray(deep.reshape(len(deep), -1))
    data = bytearray(encoded(image, "TIFF", compression="tiff_lzw", tiffinfo={278: 21}))
    with tifffile.TiffFile(io.BytesIO(bytes(data))) as file:
        page = file.pages[0]
        offset, count = page.dataoffsets[0], page.databytecounts[0]
    strip = bytes(data[offset : offset + count])
    whole = tiff(deep, photometric="rgb", rowsperstrip=21)
    with tifffile.TiffFile(io.BytesIO(whole), mode="r+b") as file:
        page = file.pages[0]
        start = len(whole)
        for name, value in (("Compression", 5), ("StripOffsets", start)):
            page.tags[name].overwrite(value)
        page.tags["StripByteCounts"].overwrite(count)
        whole = file.filehandle._fh.getvalue()[:start] + strip
    np.testing.assert_array_equal(read_photograph(whole).pixels, deep)


@pytest.mark.parametrize("top, white", [(1.0, 1), (200.0, 255), (60000.0, 65535)])
def test_floating_point_greys_say_what_white_they_took(top, white):
    values = np.linspace(0, top, 12, dtype=np.float32).reshape(3, 4)
    photograph = read_photograph(encoded(Image.fromarray(values), "TIFF"))
    np.testing.assert_allclose(photograph.pixels[..., 0] / 65535, values / white, atol=1e-5)
    assert f"and {white} white" in photograph.notes[0]


def test_negative_values_are_stretched():
    photograph = read_photograph(Image.fromarray(np.array([[-5.0, 0.0, 5.0]], np.float32)))
    assert photograph.pixels[0, :, 0].tolist() == [0, 32768, 65535]


def test_32_bit_integers_that_fit_are_exact():
    values = np.array([[0, 1, 40000, 65535]], np.int32)
    photograph = read_photograph(Image.fromarray(values))
    assert photograph.pixels[0, :, 0].tolist() == [0, 1, 40000, 65535]
    assert photograph.notes == ()


def test_floating_point_rgb_tiff(colours):
    values = colours.astype(np.float32) / 255
    photograph = read_photograph(tiff(values, photometric="rgb"))
    np.testing.assert_array_equal(photograph.pixels, colours.astype(np.uint16) * 257)


def test_values_that_are_not_finite_are_refused():
    with pytest.raises(PhotographError, match="finite"):
        read_photograph(Image.fromarray(np.full((2, 2), np.nan, np.float32)))
