"""A run's preset is shipped, or averaged with others."""

import dataclasses
import json
import shutil

import keras
import numpy as np
import pytest

from keras_colorize import load_preset, save_preset
from keras_colorize.bins import rebalancing_weights
from keras_colorize.data import prior_json, read_prior
from keras_colorize.presets import PresetError, read_config, sha256

WORDS = {"name": "tests", "description": "for tests", "trained_on": ["noise"]}


@pytest.fixture(scope="module")
def scripts(in_process):
    return {name: in_process(name) for name in ("average_presets", "ship_preset")}


@pytest.fixture
def run(tiny_preset, tmp_path):
    """Folder of a run that has ended."""
    return shutil.copytree(tiny_preset, tmp_path / "run" / "preset").parent


@pytest.fixture
def ship(scripts, run, tmp_path):
    """Ships the run with options beside those that are needed."""

    def call(**given):
        values = {"run": run, "into": tmp_path / "shipped", **WORDS, **given}
        scripts["ship_preset"](**values)
        return tmp_path / "shipped" / values["name"]

    return call


@pytest.fixture
def average(scripts, tmp_path):
    """Averages presets; returns the folder of the mean."""

    def call(presets, shares, to="mean"):
        scripts["average_presets"](preset=list(map(str, presets)), share=shares, run=tmp_path / to)
        return tmp_path / to / "preset"

    return call


def test_what_is_shipped(ship, run):
    folder = ship(saturation=1.3, temperature=0.6, working_size=96)
    before, after = read_config(run / "preset"), read_config(folder)
    changed = {"trained_on": ("noise",), "description": "for tests"}
    changed |= {"saturation": 1.3, "temperature": 0.6, "working_size": 96}
    assert after == dataclasses.replace(before, **changed)
    assert after.sha256 == sha256(folder / "weights.h5")

    # Not replaced by accident.
    with pytest.raises(ValueError, match="--overwrite replaces it"):
        ship(saturation=2.0)
    assert read_config(ship(saturation=2.0, overwrite=True)).saturation == 2.0


def test_two_presets_of_one_network_share_its_weights(ship):
    first, second = ship(), ship(name="paler", saturation=0.5, weights_of="tests")
    assert [file.name for file in second.iterdir()] == ["config.json"]
    assert (second / read_config(second).weights).samefile(first / "weights.h5")
    model, config = load_preset(second)
    assert config.saturation == 0.5
    assert np.array_equal(model.weights[0], load_preset(first)[0].weights[0])
    with pytest.raises(PresetError, match="no such file"):
        ship(name="lone", weights_of="none")
    assert not first.with_name("lone").exists()


def test_what_cannot_be_shipped(ship, run, tmp_path):
    for given, said in (
        ({"name": "a/b"}, "--name in small letters"),
        ({"description": " "}, "texts of one line"),
        ({"decoder": "best"}, "Expected decoder among"),
        ({"run": "nowhere"}, "nowhere"),
    ):
        with pytest.raises(ValueError, match=said):
            ship(**given)
    # A run that diverged.
    model, config = load_preset(run / "preset")
    kernel = model.get_layer("stem_conv1").kernel
    kernel.assign(keras.ops.full(kernel.shape, np.nan))
    save_preset(model, run / "preset", config, overwrite=True)
    with pytest.raises(ValueError, match="stem_conv1/kernel has others"):
        ship()
    assert not (tmp_path / "shipped").exists()


def test_class_weights_for_decoding(ship, run, tmp_path):
    prior = tmp_path / "prior.json"
    counts = np.arange(1.0, 314.0)
    prior.write_text(prior_json(counts, pictures=10, size=8))
    config = read_config(ship(prior=prior, uniform_share=0.25, rebalancing=0.4))
    expected = rebalancing_weights(read_prior(prior), 0.25)
    np.testing.assert_allclose(config.class_weights, expected)
    assert (config.weights_in_loss, config.rebalancing) == (False, 0.4)
    model, trained = load_preset(run / "preset")
    weighted = dataclasses.replace(trained, class_weights=config.class_weights)
    save_preset(model, run / "preset", weighted, overwrite=True)
    with pytest.raises(ValueError, match="trained without class weights"):
        ship(prior=prior, overwrite=True)


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
