import io
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import tifffile
from PIL import Image

from keras_colorize.io import PhotographError, read_photograph


def encoded(colours, form, **options):
    stream = io.BytesIO()
    Image.fromarray(colours).save(stream, form, **options)
    return stream.getvalue()


def test_an_empty_file(tmp_path):
    path = tmp_path / "nothing.jpg"
    path.touch()
    with pytest.raises(PhotographError, match="nothing.jpg: expected a photograph, got an empty"):
        read_photograph(path)


def test_a_missing_file(tmp_path):
    with pytest.raises(PhotographError, match="no_such.jpg: .*found no such file"):
        read_photograph(tmp_path / "no_such.jpg")


def test_a_folder(tmp_path):
    with pytest.raises(PhotographError, match="expected a photograph, got a folder"):
        read_photograph(tmp_path)


def test_a_text_named_like_a_photograph(tmp_path):
    path = tmp_path / "letter.jpg"
    path.write_text("Dear aunt, here is the picture.")
    with pytest.raises(PhotographError, match="letter.jpg: .* is none of the known formats"):
        read_photograph(path)


def test_a_file_opened_as_text():
    with pytest.raises(PhotographError, match="expected a binary file, got one of str"):
        read_photograph(io.StringIO("abc"))


def test_a_suffix_that_lies_does_not_matter(colours, tmp_path):
    path = tmp_path / "really_a_png.jpg"
    path.write_bytes(encoded(colours, "PNG"))
    assert read_photograph(path).format == "PNG"


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("part", [0.02, 0.3, 0.6, 0.9, 0.99])
def test_a_truncated_jpeg_is_no_half_picture(part, progressive, colours):
    data = encoded(np.tile(colours, (4, 4, 1)), "JPEG", quality=90, progressive=progressive)
    with pytest.raises(PhotographError, match="picture in memory: expected a "):
        read_photograph(data[: int(len(data) * part)])


@pytest.mark.parametrize("form", ["PNG", "TIFF", "WEBP", "AVIF", "BMP", "GIF", "PPM"])
@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_other_truncated_files(form, part, colours):
    data = encoded(np.tile(colours, (3, 3, 1)), form)
    with pytest.raises(PhotographError):
        read_photograph(data[: int(len(data) * part)])


@pytest.mark.parametrize("part", [0.3, 0.9])
def test_truncated_deep_files(part, deep, png16):
    stream = io.BytesIO()
    tifffile.imwrite(stream, deep, photometric="rgb")
    for data in (stream.getvalue(), png16(deep)):
        with pytest.raises(PhotographError):
            read_photograph(data[: int(len(data) * part)])


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF", "WEBP", "GIF", "BMP"])
def test_damaged_bytes_give_a_photograph_or_an_error(form, colours):
    data = encoded(colours, form)
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


def test_the_pixel_count_is_checked_before_decoding(colours):
    with pytest.raises(PhotographError, match=r"got 32 x 48 pixels \(1,536\).*max_pixels"):
        read_photograph(encoded(colours, "PNG"), max_pixels=1535)
    assert read_photograph(encoded(colours, "PNG"), max_pixels=1536).pixels.size == 3 * 1536


def huge_png(width, height):
    def chunk(name, body):
        check = struct.pack(">I", zlib.crc32(name + body))
        return struct.pack(">I", len(body)) + name + body + check

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def test_a_bomb_is_refused_from_its_header():
    with pytest.raises(PhotographError, match="100000 x 100000 pixels"):
        read_photograph(huge_png(100_000, 100_000))


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF", "WEBP", "AVIF", "GIF", "BMP", "PPM"])
def test_pillows_own_limit_does_not_get_in_the_way(form, colours, monkeypatch):
    data = encoded(colours, form)
    # Pillow warns above its limit, which is an error here, and fails above twice of it.
    for limit in (100, 1000):
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
        assert read_photograph(data).pixels.shape == colours.shape
        assert limit == Image.MAX_IMAGE_PIXELS


def test_pillows_own_limit_returns_after_an_error(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(PhotographError):
        read_photograph(b"no picture")
    assert Image.MAX_IMAGE_PIXELS == 100


def test_several_threads_read_large_pictures(colours, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    data = encoded(colours, "TIFF")
    with ThreadPoolExecutor(8) as pool:
        photographs = list(pool.map(read_photograph, [data] * 40))
    assert all((photograph.pixels == colours).all() for photograph in photographs)
    assert Image.MAX_IMAGE_PIXELS == 100


def test_an_unusual_tiff_is_measured_before_it_is_decoded():
    stream = io.BytesIO()
    tifffile.imwrite(stream, np.zeros((30, 40, 3), np.float32), photometric="rgb")
    with pytest.raises(PhotographError, match="at most 1000 pixels"):
        read_photograph(stream.getvalue(), max_pixels=1000)
