import dataclasses
import json
import shutil

import numpy as np
import pytest

from keras_colorize import Colorizer, PresetError, bins, cli, presets
from keras_colorize.presets import list_presets, load_preset, save_preset
from keras_colorize.presets.weights import build_network, write_weights


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


def test_weights_come_back_rounded_to_float16(tiny_preset, tiny_model, tiny_config):
    model, config = load_preset(tiny_preset)
    assert dataclasses.replace(config, sha256="") == tiny_config
    for saved, loaded in zip(tiny_model.weights, model.weights, strict=True):
        np.testing.assert_array_equal(np.array(loaded), np.float16(np.array(saved)), saved.path)


def test_dtype_reaches_the_network_and_no_further(tiny_preset):
    model, _ = load_preset(tiny_preset, "mixed_bfloat16")
    assert model.get_layer("stem_conv1").compute_dtype == "bfloat16"
    assert load_preset(tiny_preset)[0].get_layer("stem_conv1").compute_dtype == "float32"


def test_a_preset_is_not_replaced_by_accident(copied, tiny_model, tiny_config):
    with pytest.raises(PresetError, match="without a preset"):
        save_preset(tiny_model, copied, tiny_config)
    written = save_preset(tiny_model, copied, tiny_config, overwrite=True)
    assert load_preset(copied)[1] == written


def test_damaged_and_missing_weights(copied):
    with open(copied / presets.WEIGHTS_FILE, "r+b") as file:
        file.seek(1000)
        file.write(b"x")
    with pytest.raises(PresetError, match="Expected sha256 .* damaged"):
        load_preset(copied)
    (copied / presets.WEIGHTS_FILE).unlink()
    with pytest.raises(PresetError, match="no such file"):
        load_preset(copied)


def test_other_weights_with_a_right_checksum(copied, tiny_config):
    path = copied / presets.WEIGHTS_FILE
    arguments = tiny_config.arguments | {"decoder_widths": [8, 8, 8, 16]}
    write_weights(build_network(dataclasses.replace(tiny_config, arguments=arguments)), path)
    _edit(copied, sha256=presets.sha256(path))
    with pytest.raises(PresetError, match="Expected weights of distribution_unet"):
        load_preset(copied)


@pytest.mark.parametrize(
    "fields, said",
    [
        ({"format": 1}, "Expected format 2, received 1"),
        ({"network": "resnet"}, "iizuka16, .*received 'resnet'"),
        ({"colour": "red"}, "colour"),
        ({"arguments": {"width": 3}}, "Expected arguments of distribution_unet"),
        ({"arguments": {"encoder": "vgg"}}, "vgg"),
        ({"arguments": None}, "Expected arguments"),
        ({"output": "yuv_uv"}, "among ab_logits, received 'yuv_uv'"),
        ({"version": 0}, "Expected a version"),
        ({"version": "1"}, "Expected a version"),
        ({"trained_on": 3}, "Expected the config"),
    ],
)
def test_configs_that_do_not_fit(copied, fields, said):
    _edit(copied, **fields)
    with pytest.raises(PresetError, match=said):
        load_preset(copied)


@pytest.mark.parametrize("text", ["", "{", "[1, 2]", "null", "\x00\x01", '{"format": 2}'])
def test_configs_that_are_none(copied, text):
    (copied / presets.CONFIG_FILE).write_text(text)
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


def test_nothing_is_shipped(tmp_path, monkeypatch):
    monkeypatch.setattr(presets.names, "presets_folder", lambda: tmp_path)
    assert list_presets() == {}
    with pytest.raises(PresetError, match="none"):
        presets.default_preset()
    with pytest.raises(PresetError, match="none"):
        Colorizer.from_preset()


def test_the_default_is_one_of_the_shipped(shipped):
    (shipped / "a").rename(shipped / "vivid")
    assert Colorizer.from_preset(precision="float32").name == "vivid"


def test_a_version_is_asked_for_by_its_number_while_it_ships(shipped):
    _edit(shipped / "a", version=2)
    assert presets.find_preset("a") == presets.find_preset("a@2") == shipped / "a"
    for number in ("1", "3", "", "two"):
        with pytest.raises(PresetError, match="a@2|shipped presets"):
            presets.find_preset(f"a@{number}")
    shutil.copytree(shipped / "b", shipped / "a@1")
    assert presets.find_preset("a@1") == shipped / "a@1"
    assert presets.find_preset("a") == shipped / "a"


def test_old_names_tell_the_new_one_in_a_line():
    shipped = presets.shipped_folders()
    for old, new in presets.names.OLD_NAMES.items():
        assert new in shipped
        with pytest.raises(PresetError, match=f"^Expected the preset '{new}', which replaces") as e:
            load_preset(old)
        assert "\n" not in str(e.value)


def test_the_default_temperature_is_that_of_the_annealed_mean():
    assert presets.PresetConfig("", {}, "").temperature == bins.ANNEALED_TEMPERATURE


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
