"""What encoders still know: those that never learned colors know what they knew."""

import shutil

import keras
import pytest

from keras_colorize import PresetConfig, save_preset
from keras_colorize.models import distribution_unet

TINY = {"decoder_widths": (4, 4, 4, 4), "global_units": 0}


@pytest.fixture
def table(script, photographs, mobilenet_weights, tmp_path, capsys):
    """Rows of cells by name: two encoders of one file, one that has random weights."""
    keras.utils.set_random_seed(0)
    for name, begin in (("same", str(mobilenet_weights)), ("other", None)):
        network = distribution_unet(encoder_weights=begin, **TINY)
        config = PresetConfig("distribution_unet", TINY, "ab_logits")
        save_preset(network, tmp_path / name, config)
    named = tmp_path / "named"
    named.mkdir()
    for number, path in enumerate(sorted(photographs.rglob("*.png"))[:2]):
        shutil.copy(path, named / f"n01440764_{number}.png")
    presets = [str(tmp_path / name) for name in ("same", "other")]
    script("encoders").main([*presets, str(named), "--classifier", str(mobilenet_weights)])
    lines = capsys.readouterr().out.splitlines()
    cells = [line.strip("| ").split(" | ") for line in lines if "---" not in line]
    return {row[0]: row[1:] for row in cells}


def test_a_row_for_each_encoder_between_grey_and_true_colors(table):
    assert list(table) == ["method", "ImageNet weights", "same", "other", "true colors"]
    assert table["method"][1] == "ImageNet top-1, %"
    assert table["true colors"][0] == "100.00"
    assert table["same"] == table["ImageNet weights"]
    assert table["other"][0] == "0.00"
