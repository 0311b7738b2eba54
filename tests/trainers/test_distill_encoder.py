"""A short run of the trainer that gives an encoder back what it knew."""

import csv

import keras
import numpy as np
import pytest

from keras_colorize import Colorizer, load_preset, save_preset
from keras_colorize.models import distribution_unet
from keras_colorize.presets import PresetConfig

WIDTHS = {"decoder_widths": (4, 4, 4, 4), "global_units": 4, "classes": 3}
SHORT = ["--size=32", "--batch_size=4", "--epochs=1", "--steps_per_epoch=2", "--precision=float32"]
SHORT += ["--log_every=1", "--validation_share=0.4"]


@pytest.fixture(scope="module")
def run(pictures, mobilenet_weights, begin, tmp_path_factory):
    """The folder with presets before and after."""
    root = tmp_path_factory.mktemp("distill")
    keras.utils.set_random_seed(0)
    network = distribution_unet(**WIDTHS)
    names = ("beach", "city", "forest")
    config = PresetConfig("distribution_unet", WIDTHS, "ab_logits", class_names=names)
    save_preset(network, root / "before", config)
    shared = ["distill_encoder.py", f"--data={pictures}", *SHORT, f"--network={root / 'before'}"]
    own = [f"--run={root / 'run'}", f"--encoder_weights={mobilenet_weights}"]
    status, output = begin(*shared, *own, "--freeze_through=block_2_add").end()
    assert status == 0, output
    return root


def _weights(model, *names):
    return [w for name in names for w in model.get_layer(name).get_weights()]


def test_the_encoder_begins_with_the_teacher_and_only_it_learns(run, mobilenet_weights):
    before, after = (load_preset(run / x)[0] for x in ("before", "run/preset"))
    start = distribution_unet(encoder_weights=str(mobilenet_weights), **WIDTHS)
    rest = ["decoder16_conv", "fusion", "ab_logits", "class_logits"]
    for one, other in zip(_weights(before, *rest), _weights(after, *rest), strict=True):
        np.testing.assert_array_equal(one, other)
    # Weights of presets are kept in half precision.
    frozen = ["Conv1", "bn_Conv1", "block_2_project"]
    for one, other in zip(_weights(start, *frozen), _weights(after, *frozen), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-3)
    one, other = (_weights(model, "block_14_project")[0] for model in (start, after))
    assert 0 < np.abs(one - other).max() < 1e-2


def test_the_table_says_how_often_both_agree(run):
    with (run / "run" / "history.csv").open() as file:
        (row,) = csv.DictReader(file)
    assert 0 <= float(row["val_agreement"]) <= 1
    assert 0 < float(row["val_loss"]) < np.inf


def test_the_preset_still_colorizes(run):
    colorizer = Colorizer.from_preset(run / "run" / "preset", precision="float32")
    assert colorizer.config.class_names == ("beach", "city", "forest")
    grey = np.tile(np.linspace(0, 255, 50).astype("uint8")[None, :, None], (30, 1, 3))
    assert np.asarray(colorizer(grey)).shape == grey.shape
