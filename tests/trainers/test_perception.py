"""Colors that losses see in training against those that a `Colorizer` makes."""

import dataclasses

import keras
import numpy as np
import pytest

from keras_colorize import Colorizer
from keras_colorize.color import unscale_ab
from keras_colorize.models import resnet18_gray
from keras_colorize.presets import PresetConfig

ARGUMENTS = {"width": 1 / 32, "head": "ab_channel_logits"}
# Not the centers of the bins.
MEANS = tuple(tuple((np.linspace(-60, 60, 25) + shift).tolist()) for shift in (1.0, 2.0))
CONFIG = PresetConfig(
    "resnet18_gray", ARGUMENTS, "ab_channel_logits", saturation=1.5, bin_means=MEANS
)


@pytest.fixture
def perception(script):
    return script("trainers/perception.py")


def test_they_are_those_of_the_preset(perception):
    keras.utils.set_random_seed(0)
    model = resnet18_gray(**ARGUMENTS)
    lightness = np.random.default_rng(0).uniform(0, 100, (1, 32, 32, 1)).astype("float32")
    for changes in ({}, {"decoder": "mean"}, {"temperature": 0.9}):
        config = dataclasses.replace(CONFIG, **changes)
        made = unscale_ab(perception.color_decoder(config)(model(lightness), lightness))
        expected = Colorizer(model, config).predict_ab(lightness)
        np.testing.assert_allclose(made, 1.5 * np.asarray(expected), atol=1e-3)
        assert np.abs(made).max() > 0.1
    with pytest.raises(ValueError, match="mean or annealed, .* received one with mode"):
        perception.color_decoder(dataclasses.replace(CONFIG, decoder="mode"))


def test_class_weights_are_in_the_colors(perception):
    changed = {"output": "ab_logits", "class_weights": (1.0,) * 312 + (1e6,), "saturation": 1.0}
    changed |= {"weights_in_loss": False, "temperature": 1.0}
    logits, lightness = np.zeros((1, 1, 1, 313), "float32"), np.full((1, 4, 4, 1), 50.0, "float32")
    colors = []
    for share in (0.0, 1.0):
        config = dataclasses.replace(CONFIG, rebalancing=share, **changed)
        made = perception.color_decoder(config)({"ab_logits": logits}, lightness)
        colors.append(np.asarray(unscale_ab(made)).ravel())
    assert np.linalg.norm(colors[0]) < 30 < np.linalg.norm(colors[1] - colors[0])
