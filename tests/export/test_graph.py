"""What the graph computes is what the `Colorizer` computes, at sizes unknown when it is traced."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from skimage import color

from keras_colorize import Colorizer, PresetConfig
from keras_colorize.bins import CHANNEL_BINS
from keras_colorize.export import graph
from keras_colorize.inference import Refinement, pixels
from keras_colorize.layers import StackChannels

HEADS = {"ab": 2, "yuv_uv": 2, "rgb": 3, "luv_uv": 2, "hs": 2, "ab_logits": 313}
SIZES = ((64, 96), (32, 64))


def _colorizer(head, **options):
    """A network of one convolution with random weights."""
    keras.utils.set_random_seed(0)
    lightness = keras.Input((None, None, 1))
    small = keras.layers.AveragePooling2D(4)(lightness / 100.0)
    if head in CHANNEL_BINS:
        count = CHANNEL_BINS[head].count
        parts = [keras.layers.Conv2D(count, 1, name=name)(small) for name in ("first", "second")]
        output = StackChannels(name=head)(parts)
    else:
        activation = None if head == "ab_logits" else "sigmoid"
        output = keras.layers.Conv2D(HEADS[head], 1, activation=activation)(small)
    config = PresetConfig("none", {}, head, working_size=64)
    return Colorizer(keras.Model(lightness, {head: output}), config, **options)


def _traced(colorizer):
    lightness = tf.TensorSpec((None, None, None, 1), tf.float32)

    @tf.function(input_signature=[lightness, tf.TensorSpec((), tf.float32)], autograph=False)
    def predict_ab(lightness, temperature):
        return graph.predict_ab(colorizer, lightness, temperature)

    return predict_ab


def _lightness(height, width):
    generator = np.random.default_rng(height)
    return generator.uniform(0, 100, (2, height, width, 1)).astype("float32")


@pytest.mark.parametrize("head", [*HEADS, "ab_channel_logits"])
def test_every_head(head):
    colorizer = _colorizer(head, temperature=0.7)
    predict_ab = _traced(colorizer)
    for size in SIZES:
        seen = _lightness(*size)
        expected = colorizer.predict_ab(seen)
        np.testing.assert_allclose(predict_ab(seen, 0.7), expected, atol=2e-3)


@pytest.mark.parametrize("options", [{"decoder": "sample"}, {"refine": Refinement(sweeps=2)}])
def test_options(options):
    colorizer = _colorizer("ab_channel_logits", **options)
    expected = colorizer.predict_ab(_lightness(32, 64))
    found = _traced(colorizer)(_lightness(32, 64), colorizer.temperature)
    np.testing.assert_allclose(found, expected, atol=0.05 if "refine" in options else 1e-3)


def test_the_temperature_is_an_input():
    colorizer = _colorizer("ab_logits")
    predict_ab, seen = _traced(colorizer), _lightness(32, 64)
    for temperature in (0.2, 1.0):
        expected = colorizer.replace(temperature=temperature).predict_ab(seen)
        np.testing.assert_allclose(predict_ab(seen, temperature), expected, atol=1e-3)


@pytest.mark.parametrize(
    "size", [(1, 1), (1, 300), (300, 1), (37, 52), (1080, 1920), (9, 16), (250, 333), (640, 511)]
)
def test_the_working_size_is_the_same(size):
    lightness = np.random.default_rng(1).uniform(0, 100, (*size, 1)).astype("float32")
    expected = pixels.to_working_size(lightness, 256, 32)
    found = graph.to_working_size(tf.constant(lightness), 256)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_sizes_are_rounded_as_before():
    # 16:9 at a working size of 256 lies half way between 128 and 160: `round` takes the even one.
    assert pixels.to_working_size(np.zeros((90, 160, 1), "float32"), 256, 32).shape == (128, 256, 1)
    for number, by in ((5, 2), (7, 2), (4, 3), (5, 3), (0, 7), (10**12 + 1, 2)):
        assert pixels.divided(number, by) == round(number / by)


@pytest.mark.parametrize("dtype, channels", [("uint8", 1), ("uint8", 4), ("uint16", 2)])
def test_lightness_and_bands(monkeypatch, dtype, channels):
    generator = np.random.default_rng(2)
    levels = generator.integers(0, np.iinfo(dtype).max + 1, (23, 9, channels)).astype(dtype)
    rgb = np.broadcast_to(levels[..., : 3 if channels > 2 else 1], (23, 9, 3))
    expected = color.rgb2lab(rgb / np.iinfo(dtype).max)[..., :1]
    whole = graph.lightness_of(tf.constant(levels))
    np.testing.assert_allclose(whole, expected, atol=1e-3)
    ab = generator.uniform(-40, 40, (4, 3, 2)).astype("float32")
    picture = graph.composed(tf.constant(levels), whole, ab, tf.constant(1.5))
    monkeypatch.setattr(graph, "BAND_PIXELS", 45)
    np.testing.assert_allclose(graph.lightness_of(tf.constant(levels)), whole, atol=1e-4)
    in_bands = graph.composed(tf.constant(levels), whole, ab, tf.constant(1.5)).numpy()
    assert in_bands.dtype == dtype
    assert in_bands.shape == (23, 9, 3 if channels == 1 else 4)
    np.testing.assert_allclose(in_bands.astype(int), picture.numpy().astype(int), atol=1)
    if channels % 2 == 0:
        np.testing.assert_array_equal(in_bands[..., 3], levels[..., -1])
