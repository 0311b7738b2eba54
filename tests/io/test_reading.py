import io

import numpy as np
import pytest
from PIL import Image, ImageCms
from skimage.color import rgb2gray, rgb2lab

from keras_colorize.io import read_photograph


def encoded(image, form, **options):
    stream = io.BytesIO()
    image.save(stream, form, **options)
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
