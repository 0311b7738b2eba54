"""What the graph reads is what `files/` reads, and what it cannot read it names."""

import struct

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from keras_colorize.export.reading import read_picture
from keras_colorize.io import read_photograph

MAX_PIXELS = 30_000


@pytest.fixture(scope="module")
def read():
    """`read(bytes)`: pixels (H, W, C) or None, and the reason."""

    @tf.function(input_signature=[tf.TensorSpec((), tf.string)], autograph=False)
    def graph(contents):
        return read_picture(contents, MAX_PIXELS)

    def call(contents):
        pixels, deep, refused = (part.numpy() for part in graph(contents))
        return (pixels if pixels.size else deep), refused.decode()

    return call


def test_every_format_is_read_as_files_are(read, pictures):
    for name, contents in pictures.items():
        photograph, (found, refused) = read_photograph(contents), read(contents)
        assert refused == "", name
        expected = photograph.pixels
        if found.shape[-1] % 2 == 0:
            np.testing.assert_array_equal(found[..., -1], photograph.alpha, name)
        colors = found[..., :3] if found.shape[-1] > 2 else found[..., :1]
        assert found.dtype == expected.dtype, name
        np.testing.assert_array_equal(np.broadcast_to(colors, expected.shape), expected, name)


def _in_place(contents, at, form, *values):
    changed = bytearray(contents)
    struct.pack_into(form, changed, at, *values)
    return bytes(changed)


def test_what_cannot_be_read_is_named(read, pictures, encoded):
    image = Image.fromarray(np.arange(600, dtype=np.uint8).reshape(20, 30))
    color = image.convert("RGB")
    animated = encoded(color, "WEBP", save_all=True, append_images=[color.rotate(90)])
    png, gif = pictures["rgb.png"], pictures["one.gif"]
    bad = {
        "received 0 bytes": b"",
        "5 bytes: another format": b"hello",
        "1 bytes: another format": b"B",
        "bytes: an animated WebP": animated,
        "a BMP with a palette": encoded(color.quantize(9), "BMP"),
        "a GIF whose first frame does not fill it": _in_place(gif, 6, "<H", 60),
        "a damaged header": _in_place(png, 16, ">I", 0),
        "expected at most 30000 pixels, received 100000 x 37": _in_place(png, 16, ">I", 100000),
        "300 x 200": encoded(color.resize((300, 200)), "JPEG"),
        "201 x 300": encoded(color.resize((201, 300)), "WEBP"),
    }
    assert "another format" in read(encoded(color, "TIFF"))[1]
    for said, contents in bad.items():
        pixels, refused = read(contents)
        assert pixels.size == 0
        assert said in refused


@pytest.mark.parametrize("share", [0.3, 0.7, 0.95])
def test_cut_off_files_are_refused(read, pictures, share):
    # A GIF that lacks its last bytes only may still have its whole frame.
    for name in ("rgb.png", "deep.png", "rgb.jpg", "one.gif", "rgb.bmp", "lossy.webp"):
        contents = pictures[name]
        pixels, refused = read(contents[: int(share * len(contents))])
        assert pixels.size == 0
        assert "received" in refused


def test_damage_never_raises(read, pictures):
    generator = np.random.default_rng(11)
    refused = 0
    for contents in list(pictures.values()) * 12:
        changed = bytearray(contents)
        for at in generator.integers(0, min(len(changed), 200), 4):
            changed[at] = generator.integers(256)
        refused += read(bytes(changed))[1] != ""
    assert refused > 50
