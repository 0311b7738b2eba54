import json
import shutil

import numpy as np
import pytest

from keras_colorize import load_preset, save_preset


@pytest.fixture(scope="module")
def script(in_process):
    return in_process("average_presets")


@pytest.fixture
def average(script, tmp_path):
    """Runs the script; returns the folder of the mean."""

    def call(presets, shares=None):
        script(preset=list(map(str, presets)), share=shares, run=tmp_path / "mean")
        return tmp_path / "mean" / "preset"

    return call


@pytest.fixture
def two(tiny_preset, tmp_path):
    """The tiny preset, and one with all its weights one higher."""
    model, config = load_preset(tiny_preset)
    model.set_weights([one + 1.0 for one in model.get_weights()])
    save_preset(model, tmp_path / "other", config)
    return tiny_preset, tmp_path / "other"


@pytest.mark.parametrize(("shares", "rise"), [(None, 0.5), ([3, 1], 0.25)])
def test_the_mean_lies_between(average, two, shares, rise):
    mean = load_preset(average(two, shares))[0].get_weights()
    for one, made in zip(load_preset(two[0])[0].get_weights(), mean, strict=True):
        np.testing.assert_allclose(made, one + rise, atol=4e-3)


def test_other_networks_are_refused(average, tiny_preset, tmp_path):
    other = shutil.copytree(tiny_preset, tmp_path / "other")
    config = json.loads((other / "config.json").read_text())
    config["class_weights"] = [1.0] * 313
    (other / "config.json").write_text(json.dumps(config))
    with pytest.raises(ValueError, match=r"other differs in \['class_weights'\]"):
        average([tiny_preset, other])


@pytest.mark.parametrize(("count", "shares"), [(1, None), (2, [1]), (2, [0, 0]), (2, [2, -1])])
def test_wrong_numbers_of_things_are_refused(average, tiny_preset, count, shares):
    with pytest.raises(ValueError, match="Expected"):
        average([tiny_preset] * count, shares)
