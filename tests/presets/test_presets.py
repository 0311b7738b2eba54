import dataclasses
import json
import shutil

import h5py
import keras
import numpy as np
import pytest

from keras_colorize import Colorizer, PresetError, bins, cli, presets
from keras_colorize.presets import list_presets, load_preset, save_preset
from keras_colorize.presets.weights import build_network, read_weights, write_weights


@pytest.fixture
def copied(tiny_preset, tmp_path):
    """A copy of the tiny preset that a test may damage."""
    return shutil.copytree(tiny_preset, tmp_path / "copied")


@pytest.fixture
def shipped(tiny_preset, tmp_path, monkeypatch):
    """A folder of shipped presets, `b` and `a`, with one that is none beside them."""
    folder = tmp_path / "saved_models"
    for name in ("b", "a"):
        shutil.copytree(tiny_preset, folder / name)
    (folder / "notes").mkdir()
    monkeypatch.setattr(presets.names, "presets_folder", lambda: folder)
    return folder


def _edit(folder, **fields):
    path = folder / presets.CONFIG_FILE
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


def test_weights_come_back_rounded_to_float16(copied, tiny_model, tiny_config):
    with pytest.raises(PresetError, match="without a preset"):
        save_preset(tiny_model, copied, tiny_config)
    written = save_preset(tiny_model, copied, tiny_config, overwrite=True)
    mixed, (model, config) = load_preset(copied, "mixed_bfloat16")[0], load_preset(copied)
    # The dtype reached the network and no further.
    dtypes = [one.get_layer("stem_conv1").compute_dtype for one in (mixed, model)]
    assert dtypes == ["bfloat16", "float32"]
    assert presets.PresetConfig("", {}, "").temperature == bins.ANNEALED_TEMPERATURE
    assert written == config == dataclasses.replace(tiny_config, sha256=config.sha256)
    for saved, loaded in zip(tiny_model.weights, model.weights, strict=True):
        np.testing.assert_array_equal(np.array(loaded), np.float16(np.array(saved)), saved.path)


def test_damaged_missing_and_other_weights(copied, tiny_config):
    with open(copied / presets.WEIGHTS_FILE, "r+b") as file:
        file.seek(1000)
        file.write(b"x")
    with pytest.raises(PresetError, match="Expected sha256 .* damaged"):
        load_preset(copied)
    path = copied / presets.WEIGHTS_FILE
    path.unlink()
    with pytest.raises(PresetError, match="No such file"):
        load_preset(copied)
    # Others with a right checksum.
    arguments = tiny_config.arguments | {"decoder_widths": [8, 8, 8, 16]}
    write_weights(build_network(dataclasses.replace(tiny_config, arguments=arguments)), path)
    _edit(copied, sha256=presets.sha256(path))
    with pytest.raises(PresetError, match="weights of distribution_unet: Expected"):
        load_preset(copied)


def test_configs_that_do_not_fit(copied):
    path = copied / presets.CONFIG_FILE
    whole = path.read_text()
    for fields, said in (
        ({"format": 1}, "Expected format 2, received 1"),
        ({"network": "resnet"}, "iizuka16, .*received 'resnet'"),
        ({"colour": "red"}, "colour"),
        ({"arguments": {"width": 3}}, "Expected arguments of distribution_unet"),
        ({"arguments": {"encoder": "vgg"}}, "vgg"),
        ({"arguments": None}, "Expected arguments"),
        ({"output": "yuv_uv"}, "among ab_logits, received 'yuv_uv'"),
        ({"weights": "../../a/weights.h5"}, "Expected weights.h5 or ../NAME/weights.h5"),
        ({"weights": "/weights.h5"}, "Expected weights.h5"),
        ({"version": 0}, "Expected a version"),
        ({"version": "1"}, "Expected a version"),
        ({"trained_on": 3}, "Expected the config"),
    ):
        path.write_text(whole)
        _edit(copied, **fields)
        with pytest.raises(PresetError, match=said):
            load_preset(copied)
    for text in ("", "[1, 2]", "null", "\x00\x01", '{"format": 2}'):
        path.write_text(text)
        with pytest.raises(PresetError, match="config.json: Expected"):
            load_preset(copied)


def test_shipped_presets_are_listed_in_order_and_found(shipped, monkeypatch):
    assert list(list_presets()) == ["a", "b"]
    assert list_presets()["a"].network == "distribution_unet"
    assert load_preset("b")[1].working_size == 64
    monkeypatch.chdir(shipped / "notes")
    assert load_preset("../a")[1].working_size == 64


@pytest.mark.parametrize("name", ["c", "", "notes", ".", "..", "../saved_models/a", "a/../b"])
def test_an_unknown_name_lists_the_known_ones(shipped, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path.parent)
    shutil.copy(shipped / "a" / presets.CONFIG_FILE, tmp_path)
    with pytest.raises(PresetError, match=r"shipped presets \(a, b\)"):
        load_preset(name)


def test_the_default_is_one_of_the_shipped(shipped):
    (shipped / "a").rename(shipped / "vivid")
    assert Colorizer.from_preset(precision="float32").name == presets.DEFAULT == "vivid"
    shutil.rmtree(shipped)
    assert list_presets() == {}
    with pytest.raises(PresetError, match="none"):
        Colorizer.from_preset()


def test_a_version_is_asked_for_by_its_number_while_it_ships(shipped):
    _edit(shipped / "a", version=2)
    assert presets.find_preset("a") == presets.find_preset("a@2") == shipped / "a"
    with pytest.raises(PresetError, match="Expected the preset 'a', which replaces 'a_photos'"):
        presets.find_preset("a_photos")
    for number in ("1", "3", "", "two"):
        with pytest.raises(PresetError, match="a@2|shipped presets"):
            presets.find_preset(f"a@{number}")
    shutil.copytree(shipped / "b", shipped / "a@1")
    assert presets.find_preset("a@1") == shipped / "a@1"
    assert presets.find_preset("a") == shipped / "a"


def test_the_command_says_what_each_is_for(shipped, capsys):
    shutil.copytree(shipped / "a", shipped / "vivid")
    metrics = {"vivid": 0.858, "nearest": 17.1, "skin": 11.777}
    _edit(shipped / "vivid", description="every photograph", metrics=metrics)
    assert cli.main(["presets"]) == 0
    head, *lines = capsys.readouterr().out.splitlines()[:4]
    assert head.split() == ["preset", "vivid", "nearest", "skin", "MB", "what", "for"]
    assert " ".join(lines[0].split()) == "vivid * 86 % 17.10 11.78 0.1 every photograph"
    assert [line.split() for line in lines[1:]] == [[name, "-", "-", "-", "0.1"] for name in "ab"]


@pytest.mark.parametrize("file", [presets.CONFIG_FILE, presets.WEIGHTS_FILE])
def test_a_damaged_preset_does_not_stop_the_list(shipped, capsys, file):
    (shipped / "a" / file).write_text("{")
    assert cli.main(["presets"]) == 1
    out, err = capsys.readouterr()
    assert [line.split()[0] for line in out.splitlines()[1:2]] == ["b"]
    assert str(shipped / "a" / file) in err


def _network(filters=3, last="b", dense_first=False):
    x = keras.Input((None, None, 1))
    # Keras' own numbering follows the order in which layers are made.
    dense = keras.layers.Dense(2, name=last) if dense_first else None
    y = keras.layers.Conv2D(filters, 3, name="a")(x)
    y = keras.layers.BatchNormalization(name="norm")(y)
    return keras.Model(x, (dense or keras.layers.Dense(2, name=last))(y))


@pytest.fixture
def path(tmp_path):
    """Weights of a network with a value that would not fit in half precision."""
    network = _network()
    network.get_layer("norm").moving_variance.assign([1.0, 2.0, 1e6])
    write_weights(network, tmp_path / "weights.h5")
    return tmp_path / "weights.h5"


def test_weights_come_back_by_name(path):
    network = _network(dense_first=True)
    read_weights(network, path)
    with h5py.File(path) as file:
        assert file["norm/moving_variance"].dtype == "float32"
        for weight in network.weights:
            assert file[weight.path].dtype == "float16" or weight.path == "norm/moving_variance"
            np.testing.assert_array_equal(weight, file[weight.path])
    assert np.asarray(network.get_layer("norm").moving_variance)[2] == 1e6


def test_weights_of_another_network_are_refused(path):
    network = _network()
    for other, reason in (
        (_network(last="c"), "no c/bias"),
        (_network(filters=4), r"a/kernel of .* received \(3, 3, 1, 3\) for \(3, 3, 1, 4\)"),
        (keras.Model(network.input, network.get_layer("norm").output), "b/bias, which the network"),
    ):
        with pytest.raises(ValueError, match=reason):
            read_weights(other, path)
    path.write_bytes(b"no weights")
    with pytest.raises(ValueError, match="a file of weights, received"):
        read_weights(network, path)
