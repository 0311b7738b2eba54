"""What trainers have beside the library: sheets, means of bins, colors as losses see them."""

import dataclasses
import importlib.util
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from skimage.color import rgb2hsv, rgb2luv

from keras_colorize import Colorizer, PresetConfig
from keras_colorize.bins import HS_BINS, LUV_UV_BINS
from keras_colorize.color import unscale_ab
from keras_colorize.data import TrainingData, list_pictures
from keras_colorize.models import resnet18_gray

COLORS = np.uint8([[200, 60, 40], [90, 160, 70], [205, 70, 50], [0, 0, 255]])
REFERENCE = {
    "luv_uv_logits": (rgb2luv, slice(1, 3), LUV_UV_BINS),
    "hs_logits": (rgb2hsv, slice(0, 2), HS_BINS),
}
LIGHTNESS = np.full((2, 3, 4, 1), 50.0, "float32")
RGB = np.stack([np.full((3, 4, 3), 0.2), np.full((3, 4, 3), 0.8)])


def test_a_sheet_of_every_epoch(tmp_path, monkeypatch, in_process):
    def colorize(lightness):
        return np.broadcast_to([1.2, -0.1, 0.5], (*lightness.shape[:3], 3))

    given = LIGHTNESS, RGB, colorize, tmp_path / "samples", tmp_path / "events"
    in_process("run")
    kind = sys.modules["run"].ColorizedSamples
    callback = kind(*given)
    for epoch in range(2):
        callback.on_epoch_end(epoch)
    names = sorted(path.name for path in (tmp_path / "samples").iterdir())
    assert names == ["epoch_0001.png", "epoch_0002.png"]
    sheet = tf.io.decode_png((tmp_path / "samples" / names[1]).read_bytes()).numpy()
    assert sheet.shape == (9, 8, 3)
    assert np.unique(sheet[:3]).tolist() == [128]
    assert np.unique(sheet[3:6].reshape(-1, 3), axis=0).tolist() == [[255, 0, 128]]
    assert np.unique(sheet[6:, :4]).tolist() == [51]
    assert np.unique(sheet[6:, 4:]).tolist() == [204]
    callback._writer.flush()
    (file,) = (tmp_path / "events").iterdir()
    records = tf.data.TFRecordDataset(str(file)).as_numpy_iterator()
    events = map(tf.compat.v1.Event.FromString, records)
    tags = [value.tag for event in events for value in event.summary.value]
    assert tags == ["grey_colorized_true"] * 2
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match="package tensorboard.*keras-colorize.train"):
        kind(*given)


@pytest.mark.parametrize("output", REFERENCE)
def test_means_of_what_is_there_and_centers_elsewhere(tmp_path, in_process, output):
    for number, color in enumerate(COLORS):
        Image.fromarray(np.tile(color, (16, 16, 1))).save(tmp_path / f"{number}.png")
    data = TrainingData((list_pictures(tmp_path),), size=16, min_scale=1.0)
    convert, channels, bins = REFERENCE[output]
    # 100 views of 4 pictures: 25 of each.
    in_process("train_residual_encoder")
    bin_means = sys.modules["train_residual_encoder"].bin_means
    found = bin_means(data, output, stride=4, pictures=100)
    values = convert(COLORS[None] / 255)[0, :, channels]
    indices = np.clip((values - bins.low) // bins.step, 0, bins.count - 1).astype(int)
    expected = np.tile(bins.centers().astype("float64"), (2, 1))
    for channel, own in enumerate(indices.T):
        for index in set(own):
            expected[channel, index] = values[own == index, channel].mean()
    np.testing.assert_allclose(found, expected, atol=2e-3)
    if output == "luv_uv_logits":
        # The outer bins hold what lies beyond: v of sRGB blue is -130, by scikit-image.
        assert found[1, 0] == pytest.approx(-130.3, abs=0.1)


ARGUMENTS = {"width": 1 / 32, "head": "ab_channel_logits"}
# Not the centers of the bins.
MEANS = tuple(tuple((np.linspace(-60, 60, 25) + shift).tolist()) for shift in (1.0, 2.0))
SETTINGS = {"saturation": 1.5, "bin_means": MEANS}
CONFIG = PresetConfig("resnet18_gray", ARGUMENTS, "ab_channel_logits", **SETTINGS)


@pytest.fixture
def perception(script):
    return script("trainers/perception.py")


def test_colors_that_losses_see_are_those_of_the_preset(perception):
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
