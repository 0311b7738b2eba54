"""Refinement, hints and palettes with networks that bin two channels apart."""

import keras
import numpy as np
import pytest
from skimage import color

from keras_colorize import Colorizer, PresetConfig
from keras_colorize.bins import CHANNEL_BINS
from keras_colorize.inference import point_hints
from keras_colorize.layers import StackChannels


@pytest.fixture(params=CHANNEL_BINS)
def colorizer(request):
    """A network of one convolution with random weights."""
    keras.utils.set_random_seed(0)
    count = CHANNEL_BINS[request.param].count
    lightness = keras.Input((None, None, 1))
    small = keras.layers.AveragePooling2D(4)(lightness / 100.0)
    heads = [keras.layers.Conv2D(count, 1, name=name)(small) for name in ("first", "second")]
    stacked = StackChannels(name=request.param)(heads)
    config = PresetConfig("none", {}, request.param, working_size=64)
    return Colorizer(keras.Model(lightness, {request.param: stacked}), config)


def test_hints_are_kept(colorizer):
    pixels = np.full((64, 64), 130, np.uint8)
    hints = point_hints([{"x": 20, "y": 30, "color": "#a05a5a"}], (64, 64))
    refined = colorizer.replace(refine="mrf", palette=[{"color": "#c08040"}], hints=hints)
    found = color.rgb2lab(refined(pixels))[..., 1:]
    np.testing.assert_allclose(found[hints.mask], hints.ab[hints.mask], atol=3.0)
    assert np.abs(found - hints.ab[30, 20]).mean() < 10.0


def test_colors_lean_to_a_palette(colorizer):
    pixels = np.random.default_rng(0).integers(100, 150, (48, 64), dtype=np.uint8)
    red, blue = (
        color.rgb2lab(
            colorizer.replace(refine="mrf", palette=[{"color": one}], palette_strength=1.0)(pixels)
        )[..., 1:].mean(axis=(0, 1))
        for one in ("#b06050", "#5060b0")
    )
    assert red[1] > blue[1] + 10
