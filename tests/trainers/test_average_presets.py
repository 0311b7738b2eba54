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

    def call(presets, shares, to="mean"):
        script(preset=list(map(str, presets)), share=shares, run=tmp_path / to)
        return tmp_path / to / "preset"

    return call


def test_the_mean_lies_between(average, tiny_preset, tmp_path):
    model, config = load_preset(tiny_preset)
    first = model.get_weights()
    model.set_weights([one + 1.0 for one in first])
    save_preset(model, tmp_path / "higher", config)
    for shares, rise in ((None, 0.5), ([3, 1], 0.25)):
        mean = average([tiny_preset, tmp_path / "higher"], shares, str(rise))
        for one, made in zip(first, load_preset(mean)[0].get_weights(), strict=True):
            np.testing.assert_allclose(made, one + rise, atol=4e-3)


def test_other_networks_and_wrong_numbers_of_things_are_refused(average, tiny_preset, tmp_path):
    other = shutil.copytree(tiny_preset, tmp_path / "other")
    config = json.loads((other / "config.json").read_text())
    config["class_weights"] = [1.0] * 313
    (other / "config.json").write_text(json.dumps(config))
    with pytest.raises(ValueError, match=r"other differs in \['class_weights'\]"):
        average([tiny_preset, other], None)
    for count, shares in ((1, None), (2, [1]), (2, [0, 0]), (2, [2, -1])):
        with pytest.raises(ValueError, match="Expected"):
            average([tiny_preset] * count, shares)
