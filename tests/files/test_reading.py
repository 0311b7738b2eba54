import io

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms
from skimage.color import rgb2gray, rgb2lab

from keras_colorize.files import PhotographError, read_photograph


def encoded(image, form, **options):
    stream = io.BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


def tiff(samples, **options):
    stream = io.BytesIO()
    tifffile.imwrite(stream, samples, **options)
    return stream.getvalue()


@pytest.mark.parametrize("form", ["PNG", "TIFF", "BMP", "PPM"])
def test_rgb_comes_back_as_it_was(form, colours):
    photograph = read_photograph(encoded(Image.fromarray(colours), form))
    np.testing.assert_array_equal(photograph.pixels, colours)
    assert (photograph.format, photograph.alpha, photograph.notes) == (form, None, ())


@pytest.mark.parametrize("form", ["JPEG", "WEBP", "AVIF", "JPEG2000"])
def test_lossy_formats_are_close(form, colours):
    data = encoded(Image.fromarray(colours), form, quality=95)
    photograph = read_photograph(data)
    assert photograph.format == form
    assert np.abs(photograph.pixels.astype(int) - colours).mean() < 8


@pytest.mark.parametrize("mode", ["1", "L"])
def test_grey_modes_are_grey(mode, colours):
    image = Image.fromarray(colours).convert(mode)
    photograph = read_photograph(encoded(image, "PNG"))
    expected = np.asarray(image.convert("L"))
    np.testing.assert_array_equal(photograph.pixels, np.stack([expected] * 3, axis=-1))


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_alpha_is_kept_beside_the_pixels(mode, colours):
    image = Image.fromarray(colours).convert(mode)
    alpha = np.arange(image.width * image.height, dtype=np.uint8).reshape(image.height, -1)
    image.putalpha(Image.fromarray(alpha))
    photograph = read_photograph(encoded(image, "PNG"))
    np.testing.assert_array_equal(photograph.alpha, alpha)
    # Clear pixels keep their colour.
    colour = np.asarray(image.convert(mode[:-1]).convert("RGB"))
    np.testing.assert_array_equal(photograph.pixels, colour)


@pytest.mark.parametrize("form", ["PNG", "GIF"])
def test_palette_with_a_clear_entry(form):
    image = Image.new("P", (4, 2))
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.putpixel((1, 0), 1)
    photograph = read_photograph(encoded(image, form, transparency=0))
    assert photograph.alpha[0].tolist() == [0, 255, 0, 0]
    assert photograph.pixels[0, 1].tolist() == [200, 100, 50]


def test_palette_without_transparency():
    image = Image.new("P", (4, 2), 1)
    image.putpalette([10, 20, 30, 200, 100, 50])
    photograph = read_photograph(encoded(image, "PNG"))
    assert photograph.alpha is None
    assert (photograph.pixels == (200, 100, 50)).all()


def test_the_clear_colour_of_a_png():
    image = Image.fromarray(np.array([[0, 7, 255]], np.uint8))
    photograph = read_photograph(encoded(image, "PNG", transparency=7))
    assert photograph.alpha.tolist() == [[255, 0, 255]]
    assert photograph.pixels[..., 0].tolist() == [[0, 7, 255]]


@pytest.mark.parametrize("mode", ["RGBX", "RGBa", "La", "PA", "HSV", "YCbCr"])
def test_other_modes_of_pillow_in_memory(mode, colours):
    via = {"La": "LA", "RGBa": "RGBA", "PA": "P"}.get(mode, "RGB")
    image = Image.fromarray(colours).convert(via).convert(mode)
    expected = np.asarray(image.convert("LA" if mode == "La" else "RGB").convert("RGB"))
    np.testing.assert_array_equal(read_photograph(image).pixels, expected)


def test_a_pillow_image_is_left_as_it_was(colours):
    image = Image.fromarray(colours)
    read_photograph(image).pixels[:] = 0
    np.testing.assert_array_equal(np.asarray(image), colours)


@pytest.mark.parametrize("form", ["JPEG", "TIFF"])
def test_cmyk_without_a_profile(form):
    image = Image.new("CMYK", (16, 16), (0, 255, 255, 0))
    photograph = read_photograph(encoded(image, form))
    assert np.abs(photograph.pixels.astype(int) - (255, 0, 0)).max() <= 2
    assert "CMYK without a usable ICC profile" in photograph.notes[0]


@pytest.mark.parametrize("form", ["JPEG", "TIFF"])
def test_cmyk_with_a_profile(form, cmyk_profile):
    image = Image.new("CMYK", (16, 16), (0, 0, 255, 0))
    photograph = read_photograph(encoded(image, form, icc_profile=cmyk_profile))
    # The profile says L* 29.6, a* 68.3, b* -112.0 (D50): the blue of sRGB, see Lindbloom's
    # table of RGB working spaces.
    assert np.abs(photograph.pixels.astype(int) - (0, 0, 255)).max() <= 6
    assert photograph.notes == ()
    assert photograph.metadata.icc


def test_lab_tiff(colours):
    lab = rgb2lab(colours, illuminant="D50")
    srgb, to_lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    image = ImageCms.profileToProfile(Image.fromarray(colours), srgb, to_lab, outputMode="LAB")
    photograph = read_photograph(encoded(image, "TIFF"))
    # 8 bits of a* and b* are whole units; scikit-image shows that light was kept.
    again = rgb2lab(photograph.pixels, illuminant="D50")
    assert np.abs(again[..., 0] - lab[..., 0]).max() < 2
    assert np.abs(photograph.pixels.astype(int) - colours).mean() < 2


def test_ycbcr_tiff(colours):
    data = encoded(Image.fromarray(colours).convert("YCbCr"), "TIFF")
    assert np.abs(read_photograph(data).pixels.astype(int) - colours).max() <= 3


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


@pytest.mark.parametrize("kind", ["path", "str", "bytes", "file", "open file"])
def test_every_kind_of_source(kind, colours, tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(encoded(Image.fromarray(colours), "PNG"))
    if kind == "open file":
        with path.open("rb") as stream:
            photograph = read_photograph(stream)
    else:
        data = path.read_bytes()
        sources = {"path": path, "str": str(path), "bytes": data, "file": io.BytesIO(data)}
        photograph = read_photograph(sources[kind])
    np.testing.assert_array_equal(photograph.pixels, colours)


def frames(count, colours):
    pages = [Image.fromarray(np.roll(colours, shift, axis=0)) for shift in range(count)]
    return pages[0], {"save_all": True, "append_images": pages[1:]}


@pytest.mark.parametrize(
    "form, said",
    [
        ("GIF", "animated GIF with 12 frames: the first was used"),
        ("TIFF", "multi-page TIFF with 12 pages: the first was used"),
        ("WEBP", "animated WebP with 12 frames: the first was used"),
        ("PNG", "animated PNG with 12 frames: the first was used"),
    ],
)
def test_the_first_of_several_pictures(form, said, colours):
    first, options = frames(12, colours)
    photograph = read_photograph(encoded(first, form, **options))
    assert said in photograph.notes
    assert np.abs(photograph.pixels.astype(int) - colours).mean() < 12


@pytest.mark.parametrize("size", [(1, 1), (1, 4000), (4000, 1)])
def test_extreme_shapes(size):
    grey = Image.fromarray(rgb2gray(np.full((*size, 3), 0.5)).astype(np.float32))
    assert read_photograph(encoded(grey, "TIFF")).pixels.shape == (*size, 3)
    assert read_photograph(encoded(grey.convert("L"), "JPEG")).pixels.shape == (*size, 3)
