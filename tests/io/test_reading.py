import io
import itertools
import os
import resource
import socket
import struct
import sys
import time
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms
from skimage.color import rgb2lab

from keras_colorize.io import PhotographError, read_photograph
from ._files import icc, png16, tiff


@pytest.mark.parametrize("form", ["PNG", "TIFF", "BMP", "PPM", "JPEG", "WEBP", "AVIF", "JPEG2000"])
def test_rgb_comes_back_as_it_was_or_close(form, colors, encoded):
    photograph = read_photograph(encoded(colors, form, quality=95))
    error = np.abs(photograph.pixels.astype(int) - colors).mean()
    assert error == 0 if form in ("PNG", "TIFF", "BMP", "PPM") else error < 8
    assert (photograph.format, photograph.alpha, photograph.notes) == (form, None, ())


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_alpha_is_kept_beside_the_pixels(mode, colors, encoded):
    image = Image.fromarray(colors).convert(mode)
    alpha = np.arange(image.width * image.height, dtype=np.uint8).reshape(image.height, -1)
    image.putalpha(Image.fromarray(alpha))
    photograph = read_photograph(encoded(image, "PNG"))
    np.testing.assert_array_equal(photograph.alpha, alpha)
    # Clear pixels keep their color.
    color = np.asarray(image.convert(mode[:-1]).convert("RGB"))
    np.testing.assert_array_equal(photograph.pixels, color)


@pytest.mark.parametrize("form", ["PNG", "GIF"])
@pytest.mark.parametrize("clear", [{"transparency": 0}, {}])
def test_palettes(form, clear, encoded):
    image = Image.new("P", (4, 2))
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.putpixel((1, 0), 1)
    photograph = read_photograph(encoded(image, form, **clear))
    assert photograph.pixels[0, 1].tolist() == [200, 100, 50]
    assert photograph.alpha is None or photograph.alpha[0].tolist() == [0, 255, 0, 0]
    assert (photograph.alpha is not None) == bool(clear)


def test_the_clear_color_of_a_png(encoded):
    data = encoded(np.array([[0, 7, 255]], np.uint8), "PNG", transparency=7)
    assert read_photograph(data).alpha.tolist() == [[255, 0, 255]]
    assert read_photograph(data).pixels[..., 0].tolist() == [[0, 7, 255]]


@pytest.mark.parametrize("mode", ["1", "L", "RGBX", "RGBa", "La", "PA", "HSV", "YCbCr"])
def test_other_modes_of_pillow_in_memory(mode, colors):
    via = {"La": "LA", "RGBa": "RGBA", "PA": "P"}.get(mode, "RGB")
    image = Image.fromarray(colors).convert(via).convert(mode)
    expected = np.asarray(image.convert("LA" if mode == "La" else "RGB").convert("RGB"))
    pixels = read_photograph(image).pixels
    np.testing.assert_array_equal(pixels, expected)
    # The image is left as it was.
    before, pixels[:] = image.tobytes(), 0
    assert image.tobytes() == before


@pytest.mark.parametrize("form", ["JPEG", "TIFF"])
def test_cmyk(form, encoded):
    photograph = read_photograph(encoded(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), form))
    assert np.abs(photograph.pixels.astype(int) - (255, 0, 0)).max() <= 2
    assert "CMYK without a usable ICC profile" in photograph.notes[0]
    image = Image.new("CMYK", (16, 16), (0, 0, 255, 0))
    photograph = read_photograph(encoded(image, form, icc_profile=icc("cmyk")))
    # The profile says L* 29.6, a* 68.3, b* -112.0 (D50): the blue of sRGB, see Lindbloom's
    # table of RGB working spaces.
    assert np.abs(photograph.pixels.astype(int) - (0, 0, 255)).max() <= 6
    assert (photograph.notes, photograph.metadata.icc) == ((), True)


def test_lab_tiff(colors, encoded):
    lab = rgb2lab(colors, illuminant="D50")
    srgb, to_lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    image = ImageCms.profileToProfile(Image.fromarray(colors), srgb, to_lab, outputMode="LAB")
    photograph = read_photograph(encoded(image, "TIFF"))
    # 8 bits of a* and b* are whole units; scikit-image shows that light was kept.
    again = rgb2lab(photograph.pixels, illuminant="D50")
    assert np.abs(again[..., 0] - lab[..., 0]).max() < 2
    assert np.abs(photograph.pixels.astype(int) - colors).mean() < 2


def test_every_kind_of_source(colors, tmp_path, encoded):
    path, data = tmp_path / "really_a_png.jpg", encoded(colors, "PNG")
    path.write_bytes(data)
    with path.open("rb") as opened:
        for source in (path, str(path), data, io.BytesIO(data), opened):
            photograph = read_photograph(source)
            np.testing.assert_array_equal(photograph.pixels, colors)
            assert photograph.format == "PNG"
    with pytest.raises(PhotographError, match="expected a binary file, received one of str"):
        read_photograph(io.StringIO("abc"))


def test_the_first_of_several_pictures(colors, encoded):
    first, *others = [Image.fromarray(np.roll(colors, shift, axis=0)) for shift in range(3)]
    said = {name.upper(): f"animated {name}: the first frame" for name in ("GIF", "WebP", "PNG")}
    for form, used in {**said, "TIFF": "multi-page TIFF: the first page"}.items():
        photograph = read_photograph(encoded(first, form, save_all=True, append_images=others))
        assert f"{used} was used" in photograph.notes
        assert np.abs(photograph.pixels.astype(int) - colors).mean() < 12


def test_heic_upright_with_the_extra_or_a_line_that_names_it(colors, tmp_path, monkeypatch):
    exif = Image.Exif()
    exif[274] = 6
    how = {"quality": 95, "exif": exif.tobytes()}
    pillow_heif.from_pillow(Image.fromarray(colors)).save(tmp_path / "a.heic", **how)
    photograph = read_photograph(tmp_path / "a.heic")
    assert np.abs(photograph.pixels.astype(int) - np.rot90(colors, -1)).mean() < 9
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(PhotographError, match=r"a.heic: expected .*keras-colorize\[heif\]"):
        read_photograph(tmp_path / "a.heic")


def test_what_is_no_picture_is_named(tmp_path):
    (tmp_path / "nothing.jpg").touch()
    (tmp_path / "letter.jpg").write_text("Dear aunt, here is the picture.")
    (tmp_path / "a.jpg").symlink_to("b.jpg")
    (tmp_path / "b.jpg").symlink_to("a.jpg")
    for name, said in {
        "nothing.jpg": "expected .*, received an empty file",
        "no_such.jpg": "found no such file",
        "n" * 300: "File name too long",
        "letter.jpg": "none of the known formats",
        "a.jpg": "Too many levels of symbolic links",
    }.items():
        with pytest.raises(PhotographError, match=f"{name}: .*{said}"):
            read_photograph(tmp_path / name)


def test_only_regular_files_are_opened(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "link.jpg").symlink_to("pipe.jpg")
    monkeypatch.chdir(tmp_path)
    read, write = os.pipe()
    with socket.socket(socket.AF_UNIX) as server, open(read, "rb"), open(write, "wb"):
        server.bind("socket.jpg")
        # Opened, the pipes would keep this test waiting.
        kinds = {"a pipe": ("pipe.jpg", "link.jpg", f"/dev/fd/{read}"), "a folder": (".",)}
        kinds |= {"a socket": ("socket.jpg",), "a device": ("/dev/zero", "/dev/tty")}
        for kind, paths in kinds.items():
            for path in paths:
                with pytest.raises(PhotographError, match=f"{path}: .*received {kind}"):
                    read_photograph(path)


def test_a_tiff_of_200_000_directories_is_read_in_a_second(colors, encoded):
    one = encoded(colors, "TIFF")
    # Every directory has one tag, the width, and the place of the next.
    first = struct.unpack_from("<I", one, 4)[0]
    (count,) = struct.unpack_from("<H", one, first)
    start = len(one) + len(one) % 2
    entry = np.frombuffer(struct.pack("<HHHII I", 1, 256, 4, 1, 32, 0), np.uint8)
    chain = np.tile(entry, (200_000, 1))
    chain[:-1, 14:] = (start + 18 * np.arange(1, 200_000, dtype="<u4"))[:, None].view(np.uint8)
    data = bytearray(one.ljust(start, b"\0") + chain.tobytes())
    struct.pack_into("<I", data, first + 2 + 12 * count, start)
    begin = time.monotonic()
    photograph = read_photograph(bytes(data))
    assert time.monotonic() - begin < 1.0
    np.testing.assert_array_equal(photograph.pixels, colors)
    assert photograph.notes == ("multi-page TIFF: the first page was used",)


@pytest.mark.parametrize(
    "size, said",
    [((10**5, 10**5), "100000 x 100000 pixels"), ((1, 2 * 10**8), "sides of at most 100,000")],
)
def test_bombs_are_refused_from_their_headers(size, said, encoded):
    # A PNG that claims a size and holds one pixel.
    data = bytearray(encoded(Image.new("1", (1, 1)), "PNG"))
    struct.pack_into(">II", data, 16, *size)
    struct.pack_into(">I", data, 29, zlib.crc32(data[12:29]))
    tracemalloc.start()
    with pytest.raises(PhotographError, match=said):
        read_photograph(bytes(data))
    assert tracemalloc.get_traced_memory()[1] < 2e6
    tracemalloc.stop()


def test_a_large_jpeg_cut_short_stays_within_its_memory(encoded):
    flat = encoded(Image.new("L", (65500, 3000), 90), "JPEG", quality=20)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + 10**9, before[1]))
    try:
        # Where this is too little, the message speaks of memory.
        with pytest.raises(PhotographError, match="truncated"):
            read_photograph(flat[: len(flat) // 2])
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


FORMATS = ["JPEG", "PNG", "TIFF", "WEBP", "AVIF", "GIF", "BMP", "PPM"]


@pytest.mark.parametrize("form", [*FORMATS, "progressive", "TIFF of 16 bits", "PNG of 16 bits"])
def test_a_truncated_file_is_no_half_picture(form, colors, deep, encoded):
    large = np.tile(colors, (4, 4, 1))
    files = {"TIFF of 16 bits": tiff(deep, photometric="rgb"), "PNG of 16 bits": png16(deep)}
    files["progressive"] = encoded(large, "JPEG", progressive=True)
    data = files[form] if form in files else encoded(large, form)
    jpeg = form in ("JPEG", "progressive")
    for part in (0.02, 0.3, 0.6, 0.9, 0.99) if jpeg else (0.1, 0.5, 0.9):
        with pytest.raises(PhotographError, match="picture in memory: expected a "):
            read_photograph(data[: int(len(data) * part)])


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF", "WEBP", "GIF", "BMP"])
def test_damaged_bytes_give_a_photograph_or_an_error(form, colors, encoded):
    data = encoded(colors, form)
    rng = np.random.default_rng(3)
    refused = 0
    for _ in range(30):
        broken = bytearray(data)
        for place in rng.integers(0, min(len(data), 400), 6):
            broken[place] = rng.integers(256)
        try:
            read_photograph(bytes(broken))
        except PhotographError:
            refused += 1
    assert refused > 0


def test_the_pixel_count_is_checked_before_decoding(colors, encoded, monkeypatch):
    with pytest.raises(PhotographError, match=r"received 32 x 48 pixels \(1,536\).*max_pixels"):
        read_photograph(encoded(colors, "PNG"), max_pixels=1535)
    assert read_photograph(encoded(colors, "PNG"), max_pixels=1536).pixels.size == 3 * 1536
    # Those that Pillow does not know, too.
    data = tiff(np.zeros((30, 40, 3), "f4"), photometric="rgb")
    with pytest.raises(PhotographError, match="at most 1000 pixels"):
        read_photograph(data, max_pixels=1000)
    # Pillow warns above its own limit, which is an error here, and fails above twice of it.
    for limit, form in itertools.product((100, 1000), FORMATS):
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
        assert read_photograph(encoded(colors, form)).pixels.shape == colors.shape
        assert limit == Image.MAX_IMAGE_PIXELS
