"""What the graph computes is what the `Colorizer` computes; what it cannot read it says."""

import struct

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from skimage import color

from keras_colorize.export import signatures
from keras_colorize.inference import Refinement, compose

MAX_PIXELS = 30_000


@pytest.mark.parametrize(
    ("head", "options"),
    [
        *((head, {}) for head in ("ab", "yuv_uv", "rgb", "luv_uv", "hs", "ab_logits")),
        ("ab_channel_logits", {}),
        ("ab_channel_logits", {"decoder": "sample"}),
        ("ab_channel_logits", {"refine": Refinement(sweeps=2)}),
    ],
)
def test_every_head_and_option(head, options, single_layer):
    colorizer = single_layer(head, saturation=1.3, **options)
    graph = signatures.make_signatures(colorizer, MAX_PIXELS)["serving_default"]
    for size in ((64, 96), (32, 64)):
        lightness = np.random.default_rng(0).uniform(0, 100, (2, *size, 1)).astype("float32")
        expected = 1.3 * np.asarray(colorizer.predict_ab(lightness))
        tolerance = 0.07 if "refine" in options else 2e-3
        np.testing.assert_allclose(graph(lightness)["ab"], expected, atol=tolerance)


@pytest.mark.parametrize(
    "size", [(1, 1), (1, 300), (300, 1), (37, 52), (1080, 1920), (9, 16), (250, 333), (640, 511)]
)
def test_the_working_size_is_the_same(size):
    lightness = np.random.default_rng(1).uniform(0, 100, (*size, 1)).astype("float32")
    expected = compose.to_working_size(lightness, 256)
    result = signatures.to_working_size(tf.constant(lightness), 256)
    np.testing.assert_allclose(result, expected, atol=1e-3)


@pytest.mark.parametrize("dtype, channels", [("uint8", 1), ("uint8", 4), ("uint16", 2)])
def test_lightness_and_bands(monkeypatch, dtype, channels):
    generator = np.random.default_rng(2)
    most = np.iinfo(dtype).max
    levels = generator.integers(0, most + 1, (23, 9, channels))
    picture = tf.constant((levels * (65535 // most)).astype("uint16"))
    rgb = np.broadcast_to(levels[..., : 3 if channels > 2 else 1], (23, 9, 3))
    whole = signatures.lightness_of(picture)
    np.testing.assert_allclose(whole, color.rgb2lab(rgb / most)[..., :1], atol=1e-3)
    ab = generator.uniform(-40, 40, (4, 3, 2)).astype("float32")
    at_once = signatures.composed(picture, whole, ab, tf.as_dtype(dtype)).numpy()
    monkeypatch.setattr(signatures, "BAND_PIXELS", 45)
    np.testing.assert_allclose(signatures.lightness_of(picture), whole, atol=1e-4)
    in_bands = signatures.composed(picture, whole, ab, tf.as_dtype(dtype)).numpy()
    assert in_bands.dtype == dtype
    assert in_bands.shape == (23, 9, 3 if channels == 1 else 4)
    np.testing.assert_allclose(in_bands.astype(int), at_once.astype(int), atol=1)
    if channels % 2 == 0:
        np.testing.assert_array_equal(in_bands[..., 3], levels[..., -1])


@pytest.fixture(scope="module")
def colorize(single_layer):
    graph = signatures.make_signatures(single_layer("ab"), MAX_PIXELS)["colorize_bytes"]
    return lambda *contents: graph(tf.constant(contents))["png_bytes"].numpy()


def _png_that_claims(width, height):
    """The head of a PNG: signature and the beginning of the first chunk."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", len(header)) + b"IHDR" + header


def test_what_cannot_be_read_is_named(colorize, pictures, encoded):
    image = Image.fromarray(np.arange(600, dtype=np.uint8).reshape(20, 30)).convert("RGB")
    good, said = pictures["rgb.png"], {}
    for suffix in ("GIF", "BMP", "WEBP", "TIFF"):
        said[encoded(image, suffix)] = "expected a JPEG or PNG picture, received"
    said |= {
        b"": "received 0 bytes",
        b"hello": "received 5 bytes",
        b"\x89PNG\r\n\x1a\n": "received 8 bytes",
        _png_that_claims(100_000, 37): "at most 30000 pixels, received 100000 x 37",
        _png_that_claims(0, 37): "received 0 x 37",
        _png_that_claims(2**32 - 1, 2**32 - 1): "received -1 x -1",
        encoded(image.resize((300, 200)), "JPEG"): "received 300 x 200",
        b"\xff\xd8\xff": "JPEG",
    }
    for contents, reason in said.items():
        with pytest.raises(tf.errors.InvalidArgumentError, match=reason) as caught:
            colorize(good, contents)
        assert "image_bytes[1]" in caught.value.message or reason == "JPEG"


def test_damage_ends_in_an_error_or_a_picture(colorize, pictures):
    for contents in (pictures[name] for name in ("rgb.png", "deep.png", "rgb.jpg")):
        for share in (0.3, 0.7, 0.95):
            with pytest.raises(tf.errors.InvalidArgumentError):
                colorize(contents[: int(share * len(contents))])
    generator = np.random.default_rng(11)
    failed = 0
    for contents in list(pictures.values()) * 12:
        changed = bytearray(contents)
        for at in generator.integers(0, min(len(changed), 200), 4):
            changed[at] = generator.integers(256)
        try:
            colorize(bytes(changed))
        except tf.errors.InvalidArgumentError:
            failed += 1
    assert failed > 50
