"""The folder that a server watches: versions, what lies beside the graph, what is refused."""

import shutil
import sys

import pytest
import tensorflow as tf

from keras_colorize import cli
from keras_colorize.export import export_saved_model, read_exported, saved_model
from keras_colorize.presets import PresetError


@pytest.fixture
def quick(monkeypatch):
    """Writes an empty file in place of a graph; returns what was asked for."""
    asked = []

    def save(module, folder, signatures):
        asked.append(signatures)
        tf.io.gfile.makedirs(folder)
        tf.io.write_file(f"{folder}/saved_model.pb", b"")

    monkeypatch.setattr(saved_model.tf.saved_model, "save", save)
    return asked


def test_other_files_than_those_that_were_exported(served, tmp_path):
    assert (served.name, served.parent.name) == ("1", "tiny")
    assert sorted(path.name for path in served.parent.iterdir()) == ["1"]
    config = read_exported(served)
    assert (config.network, config.saturation) == ("distribution_unet", 1.4)
    folder = shutil.copytree(served, tmp_path / "copy")
    (folder / "variables" / "more").write_bytes(b"")
    with (folder / "saved_model.pb").open("ab") as file:
        file.write(b"\0")
    with pytest.raises(ValueError, match="others: saved_model.pb, variables/more."):
        read_exported(folder)
    (folder / "assets.extra" / "SHA256SUMS").unlink()
    with pytest.raises(ValueError, match="assets.extra/SHA256SUMS"):
        read_exported(folder)
    shutil.rmtree(folder / "assets.extra")
    with pytest.raises(PresetError):
        read_exported(folder)


def test_versions(quick, colorizer, tmp_path):
    def make(**options):
        return export_saved_model(colorizer, tmp_path, warmup=False, **options)

    assert make() == tmp_path / colorizer.name / "1"
    assert make(name="other", version=7) == tmp_path / "other" / "7"
    assert make(name="other") == tmp_path / "other" / "8"
    assert make(name="other", version=3) == tmp_path / "other" / "3"
    before = (tmp_path / "other" / "7" / "saved_model.pb").stat().st_mtime_ns
    with pytest.raises(ValueError, match="7: expected a new file, but it exists already"):
        make(name="other", version=7)
    assert (tmp_path / "other" / "7" / "saved_model.pb").stat().st_mtime_ns == before


def test_what_fails_leaves_nothing_behind(monkeypatch, colorizer, tmp_path):
    def save(module, folder, signatures):
        tf.io.gfile.makedirs(folder)
        raise OSError("disk full")

    monkeypatch.setattr(saved_model.tf.saved_model, "save", save)
    with pytest.raises(OSError, match="disk full"):
        export_saved_model(colorizer, tmp_path, name="tiny")
    assert list((tmp_path / "tiny").iterdir()) == []


def test_what_is_refused(quick, colorizer, tmp_path, monkeypatch):
    for options, arguments, said in (
        ({"palette": [{"color": "#c03020"}]}, {}, "server, received palette"),
        ({"refine": "mrf", "working_size": 512}, {}, "at most 256 with a refinement"),
        ({}, {"name": "a/b"}, "a name without folders, received 'a/b'"),
        ({}, {"version": 0}, "a version above 0, received 0"),
        ({}, {"max_pixels": 0}, "max_pixels above 0, received 0"),
    ):
        with pytest.raises(ValueError, match=said):
            export_saved_model(colorizer.replace(**options), tmp_path, **arguments)
    monkeypatch.setitem(sys.modules, "tensorflow_serving.apis", None)
    with pytest.raises(ImportError, match=r"keras-colorize\[serving\]"):
        export_saved_model(colorizer, tmp_path)
    assert list(tmp_path.iterdir()) == []
    export_saved_model(colorizer, tmp_path, warmup=False)


def test_the_command(quick, tiny_preset, tmp_path, capsys):
    words = ["export", str(tiny_preset), "-o", str(tmp_path), "--name", "grey", "--version", "4"]
    words += ["--saturation", "1.2", "--refine", "mrf"]
    assert cli.main(words) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "grey" / "4")
    assert quick[0].keys() == {"serving_default", "colorize_bytes"}
    assert cli.main(words) == 2
    assert "4: expected a new file, but it exists already" in capsys.readouterr().err
    assert cli.main([*words, "--style", str(tmp_path / "no.jpg")]) == 2
